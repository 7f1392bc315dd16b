/**
 * How long to wait before dialling again: full jitter between nothing and a bound that doubles from
 * 100 ms to 30 s. Full jitter spreads the dials of many nodes that lost the same peer at the same moment
 * (Brooker, "Exponential Backoff And Jitter", 2015).
 */
export function reconnectDelayMs(failureCount: number, random: number): number {
  const bound = Math.min(BASE_MS * 2 ** Math.min(failureCount - 1, DOUBLINGS_MAX), CEILING_MS);
  return random * bound;
}

const BASE_MS = 100;
const CEILING_MS = 30_000;
/** 100 ms doubled nine times passes the ceiling; more would only overflow. */
const DOUBLINGS_MAX = 9;
