import { parseArgs } from "node:util";
import { type Chunk, type ChunkReport, chunksOf, type Failure } from "./chunk.js";
import { inParallel } from "./crew.js";
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

if (SEED) await replay(Number(SEED));
else await liveAll(Number(values.from), Number(SEEDS || values.count));

async function liveAll(from: number, count: number): Promise<void> {
  const startedAt = performance.now();
  let doneCount = 0;
  const worker = new URL("worker.js", import.meta.url);
  const chunks = chunksOf({ from, count });
  const reports = await inParallel<Chunk, ChunkReport>(worker, chunks, (report) => {
    doneCount += report.count;
    if (values.progress === true) process.stdout.write(`\r${doneCount} of ${count} seeds`);
    return report.failure === undefined;
  });
  const failure = reports.find((report) => report.failure !== undefined)?.failure;
  if (failure !== undefined) return fail(failure);
  const occurrenceCount = reports.reduce((sum, report) => sum + report.occurrenceCount, 0);
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const what = `${count} seeds from ${from}, each twice, ${occurrenceCount} occurrences`;
  process.stdout.write(`\r${what} in ${seconds} s: no rule was broken\n`);
  if (values.coverage === true) printCoverage(reports);
}

function printCoverage(reports: readonly ChunkReport[]): void {
  const worldCounts = new Map<string, number>();
  for (const [state, count] of reports.flatMap(({ coverage }) => coverage)) {
    worldCounts.set(state, (worldCounts.get(state) ?? 0) + count);
  }
  for (const [state, worldCount] of worldCounts) console.log(`${worldCount}\t${state}`);
}

async function replay(seed: number): Promise<void> {
  const lines: string[] = [];
  const see = (at: number, what: Occurrence) => void lines.push(readable(at, what));
  const { hash, problems } = await live(seed, [{ see }]);
  for (const line of lines) console.log(line);
  console.log(`seed ${seed}: ${hash}`);
  report(problems);
}

function fail({ seed, problems }: Failure): void {
  console.log(`\rseed ${seed} breaks a rule; for all that happens in it: make sim SEED=${seed}`);
  report(problems);
}

function report(problems: Verdict["problems"]): void {
  for (const { checker, at, text } of problems) console.log(`${at.toFixed(3)} ${checker}: ${text}`);
  if (problems.length > 0) process.exitCode = 1;
}
