import { inParallel } from "../crew.js";
import { FAULTS } from "./all-faults.js";
import { type Finding, SEED_COUNT_MAX } from "./finding.js";

/*
 * Usage: node dist/test/sim/planted/main.js [FAULT ...]
 * Plants each fault, or those whose names contain one of the words, looks for the first world that shows it, and
 * prints a table of what was found and how.
 */

const wanted = process.argv.slice(2);
const isWanted = (name: string) =>
  wanted.length === 0 || wanted.some((word) => name.includes(word));
const names = Object.keys(FAULTS).filter(isWanted);
const width = Math.max(...names.map(({ length }) => length));

const worker = new URL("worker.js", import.meta.url);
let foundCount = 0;
const findings = await inParallel<string, Finding>(worker, names, () => {
  foundCount += 1;
  if (process.stderr.isTTY) process.stderr.write(`\r${foundCount} of ${names.length} faults\r`);
  return true;
});
for (const { name, seed, rules } of findings) {
  if (seed === undefined) process.exitCode = 1;
  const found = `${String(seed).padStart(4)}  ${rules.join("; ")}`;
  console.log(
    `${name.padEnd(width)}  ${seed === undefined ? `not found in ${SEED_COUNT_MAX} seeds` : found}`,
  );
}
