import { parseArgs } from "node:util";
import { Fuzzer } from "./fuzzer.js";

/*
 * Usage: node dist/test/fuzz/main.js [--count 1e6] [--progress]
 * SEED chooses another run, CASE runs one case of it alone and prints its bytes.
 */

/** More than anybody reads; the command shows all. */
const HEX_LENGTH_MAX = 2000;
const PROGRESS_EVERY_COUNT = 100_000;
// Most cases are refused, and nobody reads where in the code that was.
Error.stackTraceLimit = 0;

const { values } = parseArgs({
  options: { count: { type: "string", default: "1e6" }, progress: { type: "boolean" } },
});
const { SEED = "1", CASE } = process.env;
const seed = Number(SEED);
const fuzzer = new Fuzzer(seed);

if (CASE === undefined) runAll(Number(values.count));
else runOne(Number(CASE));

function runAll(count: number): void {
  const startedAt = performance.now();
  for (let index = 0; index < count; index++) {
    attempt(index);
    if (values.progress === true && (index + 1) % PROGRESS_EVERY_COUNT === 0) progress(index + 1);
  }
  fuzzer.check();
  const seconds = (performance.now() - startedAt) / 1000;
  const { fast, reference, refused } = fuzzer.verdicts;
  const verdicts = `${fast} read fast, ${reference} by the reference path, ${refused} refused`;
  process.stdout.write(
    `\r${count} cases of seed ${seed} in ${seconds.toFixed(1)} s: ${verdicts}\n`,
  );
}

function runOne(index: number): void {
  Error.stackTraceLimit = 20;
  console.log(Buffer.from(fuzzer.payload(index)).toString("hex"));
  fuzzer.run(index);
  console.log(fuzzer.verdicts);
}

/** Runs one case and ends the program where it fails, saying how to have it again. */
function attempt(index: number): void {
  try {
    fuzzer.run(index);
  } catch (error) {
    const hex = Buffer.from(fuzzer.payload(index)).toString("hex");
    const bytes = hex.length <= HEX_LENGTH_MAX ? hex : `${hex.slice(0, HEX_LENGTH_MAX)}…`;
    console.error(`\nfailed: SEED=${seed} CASE=${index} node dist/test/fuzz/main.js\n${bytes}`);
    throw error;
  }
}

function progress(count: number): void {
  process.stdout.write(`\r${count} cases`);
}
