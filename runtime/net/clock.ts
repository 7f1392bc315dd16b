import { randomBytes, randomUUID } from "node:crypto";
import type { Host } from "../core/host.js";

/** Milliseconds on a clock that never goes back: the `now` of the core. */
export function now(): number {
  return performance.now();
}

/** Wall-clock time and randomness of this machine. */
export const HOST: Host = {
  unixTimeMs: Date.now,
  newMessageId: randomUUID,
  newNonce: () => randomBytes(16).toString("hex"),
};
