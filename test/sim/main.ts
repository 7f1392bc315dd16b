import { parseArgs } from "node:util";
import { Coverage } from "./coverage.js";
import { readable } from "./readable.js";
import { live, type Verdict } from "./run.js";
import type { Occurrence } from "./world/occurrence.js";

/*
 * Usage: node dist/test/sim/main.js [--from 1] [--count 1000] [--progress] [--coverage]
 * SEED replays one world and prints all that happens in it; SEEDS is another count.
 */

const { values } = parseArgs({
  options: {
    from: { type: "string", default: "1" },
    count: { type: "string", default: "1000" },
    progress: { type: "boolean" },
    coverage: { type: "boolean" },
  },
});
const { SEED, SEEDS } = process.env;
// Messages are refused by the thousand, and nobody reads where in the code that was.
if (!SEED) Error.stackTraceLimit = 0;

if (SEED) await replay(Number(SEED));
else await liveAll(Number(values.from), Number(SEEDS || values.count));

async function liveAll(from: number, count: number): Promise<void> {
  const startedAt = performance.now();
  const coverage = new Coverage();
  let occurrenceCount = 0;
  for (let seed = from; seed < from + count; seed++) {
    coverage.next();
    const verdict = await live(seed, values.coverage === true ? [coverage] : []);
    const problems = [...verdict.problems, ...(await changes(seed, verdict))];
    if (problems.length > 0) return fail(seed, problems);
    occurrenceCount += verdict.occurrenceCount;
    if (values.progress === true) process.stdout.write(`\r${seed - from + 1} seeds`);
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const what = `${count} seeds from ${from}, each twice, ${occurrenceCount} occurrences`;
  process.stdout.write(`\r${what} in ${seconds} s: no rule was broken\n`);
  if (values.coverage !== true) return;
  for (const [state, worldCount] of coverage.entries()) console.log(`${worldCount}\t${state}`);
}

/** The same seed again: nothing else may decide what happens. */
async function changes(seed: number, { hash }: Verdict): Promise<Verdict["problems"]> {
  const again = await live(seed);
  if (again.hash === hash) return [];
  const text = `${hash} became ${again.hash}; something comes in from outside`;
  return [{ checker: "one seed is one world", at: 0, text }];
}

async function replay(seed: number): Promise<void> {
  const lines: string[] = [];
  const see = (at: number, what: Occurrence) => void lines.push(readable(at, what));
  const { hash, problems } = await live(seed, [{ see }]);
  for (const line of lines) console.log(line);
  console.log(`seed ${seed}: ${hash}`);
  report(problems);
}

function fail(seed: number, problems: Verdict["problems"]): void {
  console.log(`\rseed ${seed} breaks a rule; for all that happens in it: make sim SEED=${seed}`);
  report(problems);
}

function report(problems: Verdict["problems"]): void {
  for (const { checker, at, text } of problems) console.log(`${at.toFixed(3)} ${checker}: ${text}`);
  if (problems.length > 0) process.exitCode = 1;
}
