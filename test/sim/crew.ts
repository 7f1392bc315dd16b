import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { setImmediate } from "node:timers/promises";

/**
 * Has jobs done by processes, one for each core, that run the program `worker` and answer each message with one.
 * Each takes the next job when it is done with one. Gives the results in the order of the jobs; where `onResult`,
 * which is told of each, says `false`, no more are begun.
 */
export async function inParallel<Job, Result>(
  worker: URL,
  jobs: Iterable<Job>,
  onResult: (result: Result) => boolean,
): Promise<Result[]> {
  const numbered = numberedOnce(jobs);
  const results: Result[] = [];
  const work = async () => {
    const crewman = fork(worker);
    try {
      // All take from the same jobs, and whoever leaves early ends them for all.
      for (const [index, job] of numbered) {
        const result = await ask<Job, Result>(crewman, job);
        results[index] = result;
        if (!onResult(result)) return;
      }
    } finally {
      crewman.kill();
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return results.filter((result) => result !== undefined);
}

/** In a process of the crew: does each job that comes. */
export function workFor<Job, Result>(act: (job: Job) => Promise<Result>): void {
  process.on("disconnect", () => process.exit());
  process.on("message", async (job: Job) => process.send!(await act(job)));
}

/** Lets in what comes from outside, such as that the crew is not needed any more; worlds leave no room for it. */
export async function pause(): Promise<void> {
  await setImmediate();
}

function* numberedOnce<Job>(jobs: Iterable<Job>): Generator<[index: number, job: Job]> {
  let index = 0;
  for (const job of jobs) yield [index++, job];
}

async function ask<Job, Result>(crewman: ChildProcess, job: Job): Promise<Result> {
  const asked = new AbortController();
  const { signal } = asked;
  const ended = once(crewman, "exit", { signal }).then(([code, by]) => {
    throw new Error(`a process ended with ${code ?? by} at ${JSON.stringify(job)}`);
  });
  try {
    crewman.send(job as object);
    const [result] = await Promise.race([once(crewman, "message", { signal }), ended]);
    return result;
  } finally {
    ended.catch(() => {});
    asked.abort();
  }
}
