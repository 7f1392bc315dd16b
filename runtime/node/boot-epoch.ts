/** The latest that was given out, as one process may run several nodes one after the other. */
let last = 0;

/**
 * When a node begins its life, Unix ms: higher than that of every node of this process before, and than the epoch
 * that an earlier process of the same node has left, `remembered`. The clock may have been set back meanwhile.
 */
export function nextBootEpochMs(remembered = 0): number {
  last = Math.max(Date.now(), last + 1, remembered + 1);
  return last;
}
