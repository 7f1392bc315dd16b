import { live } from "../run.js";
import { CHANNEL_FAULTS } from "./channel-faults.js";
import { BREAKS, PLANTED } from "./faults.js";

/*
 * Usage: node dist/test/sim/planted/main.js [FAULT ...]
 * Plants each fault, or those whose names contain one of the words, looks for the first world that shows it, and
 * prints a table of what was found and how.
 */

const SEED_COUNT_MAX = 2000;
const wanted = process.argv.slice(2);
const isWanted = (name: string) =>
  wanted.length === 0 || wanted.some((word) => name.includes(word));
const faults: Readonly<
  Record<string, { plant(): () => void; readonly breaks?: string | undefined }>
> = {
  ...Object.fromEntries(
    Object.entries(PLANTED).map(([name, plant]) => [name, { plant, breaks: BREAKS[name] }]),
  ),
  ...CHANNEL_FAULTS,
};
const names = Object.keys(faults).filter(isWanted);
// Messages are refused by the thousand, and nobody reads where in the code that was.
Error.stackTraceLimit = 0;
const width = Math.max(...names.map(({ length }) => length));

for (const name of names) {
  const { plant, breaks } = faults[name]!;
  const found = await seek(plant, breaks);
  if (found === undefined) process.exitCode = 1;
  console.log(`${name.padEnd(width)}  ${found ?? `not found in ${SEED_COUNT_MAX} seeds`}`);
}

/** The first seed that finds a fault, by the rule `breaks` where that is given, and the rules that it breaks there. */
async function seek(plant: () => () => void, breaks?: string): Promise<string | undefined> {
  const remove = plant();
  try {
    for (let seed = 1; seed <= SEED_COUNT_MAX; seed++) {
      const { problems } = await live(seed);
      const rules = new Set(problems.map(({ checker }) => checker));
      const isFound = breaks === undefined ? rules.size > 0 : rules.has(breaks);
      if (isFound) return `${String(seed).padStart(4)}  ${[...rules].join("; ")}`;
    }
    return undefined;
  } finally {
    remove();
  }
}
