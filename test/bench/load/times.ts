import type { Settle } from "./in-flight.js";

/** How long each of `count` operations takes, in ms, one after the other. */
export async function timesOf(
  count: number,
  operation: (index: number) => Promise<unknown>,
): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    const startedAt = performance.now();
    await operation(index);
    times.push(performance.now() - startedAt);
  }
  return times;
}

/** An operation that tells of its end by `settle`, as a promise. */
export function settled(begin: (settle: Settle) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    begin((error) => {
      if (error) reject(error);
      else resolve();
    });
  });
}
