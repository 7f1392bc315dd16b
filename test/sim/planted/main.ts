import { live } from "../run.js";
import { PLANTED } from "./faults.js";

/*
 * Usage: node dist/test/sim/planted/main.js [FAULT ...]
 * Plants each fault, or those whose names contain one of the words, looks for the first world that shows it, and
 * prints a table of what was found and how.
 */

const SEED_COUNT_MAX = 2000;
const wanted = process.argv.slice(2);
const isWanted = (name: string) =>
  wanted.length === 0 || wanted.some((word) => name.includes(word));
const names = Object.keys(PLANTED).filter(isWanted);
const width = Math.max(...names.map(({ length }) => length));

for (const name of names) {
  const found = await seek(PLANTED[name]!);
  if (found === undefined) process.exitCode = 1;
  console.log(`${name.padEnd(width)}  ${found ?? `not found in ${SEED_COUNT_MAX} seeds`}`);
}

/** The first seed that finds a fault, and the rules that it breaks there. */
async function seek(plant: () => () => void): Promise<string | undefined> {
  const remove = plant();
  try {
    for (let seed = 1; seed <= SEED_COUNT_MAX; seed++) {
      const { problems } = await live(seed);
      const rules = new Set(problems.map(({ checker }) => checker));
      if (rules.size > 0) return `${String(seed).padStart(4)}  ${[...rules].join("; ")}`;
    }
    return undefined;
  } finally {
    remove();
  }
}
