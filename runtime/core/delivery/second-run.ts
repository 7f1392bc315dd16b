import { leavesOpen, type RnpError } from "../error.js";
import type { ChannelPromise } from "./sending/outgoing.js";

/**
 * Whether a message that was refused with `error` may run when it comes again. If so, its receiver takes it for one
 * that has not been seen; if not, for one that is refused for good, copies of it included: its sender may miss the
 * error together with the connection.
 *
 * Both sides go by this and have to come to the same: an ordered message that may not run again holds up nothing
 * behind it. What a handler knows of its outcome does not travel, so the code decides.
 */
export function mayRunAgain(promise: ChannelPromise, { code, retryable }: RnpError): boolean {
  return retryable && (promise === "at-least-once" || !leavesOpen(code));
}
