/** What was sent in one go, and since when, on the clock that all processes share. */
export interface Sent {
  readonly count: number;
  readonly startedAtMs: number;
}

/** Things a second, from the first one's sending until the last one's arrival. */
export function perSecond({ count, startedAtMs }: Sent, arrivedAtMs: number): number {
  return (count * 1000) / (arrivedAtMs - startedAtMs);
}

/** One-way messages that are sent before the next wait for room. */
export const BATCH_COUNT = 256;
