import { Coverage } from "./coverage.js";
import { pause } from "./crew.js";
import { live, type Verdict } from "./run.js";

/** Seeds that one process lives through. */
export interface Chunk {
  readonly from: number;
  readonly count: number;
}

/** What came of them. */
export interface ChunkReport extends Chunk {
  readonly occurrenceCount: number;
  /** In how many worlds each rare state was reached. */
  readonly coverage: readonly (readonly [state: string, worldCount: number])[];
  /** The first seed that breaks a rule. */
  readonly failure: Failure | undefined;
}

export interface Failure {
  readonly seed: number;
  readonly problems: Verdict["problems"];
}

/** Small enough that all processes are done at about the same time. */
const CHUNK_COUNT = 10;

export function* chunksOf({ from, count }: Chunk): Generator<Chunk> {
  for (let at = from; at < from + count; at += CHUNK_COUNT) {
    yield { from: at, count: Math.min(CHUNK_COUNT, from + count - at) };
  }
}

/** Lives through each world twice; stops at the first that breaks a rule. */
export async function liveChunk({ from, count }: Chunk): Promise<ChunkReport> {
  const coverage = new Coverage();
  let occurrenceCount = 0;
  let failure: Failure | undefined;
  for (let seed = from; seed < from + count && failure === undefined; seed++) {
    coverage.next();
    const verdict = await live(seed, [coverage]);
    const problems = [...verdict.problems, ...(await changes(seed, verdict))];
    if (problems.length > 0) failure = { seed, problems };
    await pause();
    occurrenceCount += verdict.occurrenceCount;
  }
  return { from, count, occurrenceCount, coverage: [...coverage.entries()], failure };
}

/** The same seed again: nothing else may decide what happens. */
async function changes(seed: number, { hash }: Verdict): Promise<Verdict["problems"]> {
  const again = await live(seed);
  if (again.hash === hash) return [];
  const text = `${hash} became ${again.hash}; something comes in from outside`;
  return [{ checker: "one seed is one world", at: 0, text }];
}
