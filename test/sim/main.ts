import { parseArgs } from "node:util";
import { readable } from "./readable.js";
import { live, type Verdict } from "./run.js";

/*
 * Usage: node dist/test/sim/main.js [--count 1000] [--from 1] [--progress]
 * SEED replays one world and prints all that happens in it; SEEDS is another count.
 */

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "1000" },
    from: { type: "string", default: "1" },
    progress: { type: "boolean" },
  },
});
const { SEED, SEEDS = values.count } = process.env;

if (SEED !== undefined) await replay(Number(SEED));
else await liveAll(Number(values.from), Number(SEEDS));

async function liveAll(from: number, count: number): Promise<void> {
  const startedAt = performance.now();
  let occurrenceCount = 0;
  for (let seed = from; seed < from + count; seed++) {
    const verdict = await live(seed);
    if (verdict.problems.length > 0) fail(seed, verdict);
    // The same again: nothing but the seed decides what happens.
    const again = await live(seed);
    if (again.hash !== verdict.hash) {
      const text = `${verdict.hash} became ${again.hash}`;
      fail(seed, { ...verdict, problems: [{ checker: "one seed, one world", at: 0, text }] });
    }
    occurrenceCount += verdict.occurrenceCount;
    if (values.progress === true) process.stdout.write(`\r${seed - from + 1} seeds`);
  }
  const seconds = (performance.now() - startedAt) / 1000;
  const what = `${count} seeds from ${from}, each twice, ${occurrenceCount} occurrences`;
  process.stdout.write(`\r${what} in ${seconds.toFixed(1)} s: no rule was broken\n`);
}

async function replay(seed: number): Promise<void> {
  const lines: string[] = [];
  const witness = {
    see: (at: number, what: Parameters<typeof readable>[1]) => void lines.push(readable(at, what)),
  };
  const verdict = await live(seed, [witness]);
  for (const line of lines) console.log(line);
  console.log(`seed ${seed}: ${verdict.hash}`);
  report(verdict);
}

function fail(seed: number, verdict: Verdict): never {
  process.stdout.write(`\nseed ${seed} breaks a rule; to see all of it: make sim SEED=${seed}\n`);
  report(verdict);
  process.exit(1);
}

function report({ problems }: Verdict): void {
  for (const { checker, at, text } of problems) console.log(`${at.toFixed(3)} ${checker}: ${text}`);
  if (problems.length > 0) process.exitCode = 1;
}
