import { setTimeout as sleep } from "node:timers/promises";
import type { Child } from "./child.js";

/** A process that dials in the background. */
type Dialling = Pick<Child<{ dials(): { dialled: number; failed: number } }>, "call">;

/**
 * Waits until `count` connections are there, telling those who wait how far it is.
 *
 * @returns how many seconds that took, and how many dials failed and were tried again
 */
export async function untilDialled(
  client: Dialling,
  count: number,
): Promise<{ seconds: number; failed: number }> {
  const startedAt = performance.now();
  for (let toldAt = startedAt; ; ) {
    const { dialled, failed } = await client.call("dials");
    const now = performance.now();
    if (dialled >= count) return { seconds: (now - startedAt) / 1000, failed };
    if (now - toldAt > TELL_INTERVAL_MS) {
      console.error(`${dialled} of ${count} connections`);
      toldAt = now;
    }
    await sleep(POLL_INTERVAL_MS);
  }
}

const TELL_INTERVAL_MS = 5000;
const POLL_INTERVAL_MS = 50;
