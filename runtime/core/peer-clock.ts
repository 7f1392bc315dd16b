import { PROTOCOL } from "../../generated/protocol.js";
import { RnpError } from "./error.js";

/**
 * The wall clock of a peer, as its messages tell it, beginning with its greeting: nobody's clock has to be right for
 * that. Frames come in order, so one that is much older than those before it was kept back by somebody.
 */
export class PeerClock {
  /** What the clock showed at `#at`, on the clock of `now`. */
  #newest = Number.NEGATIVE_INFINITY;
  #at = 0;

  /** @throws RnpError `REPLAY_DETECTED` where a message is older than is allowed; that ends the connection */
  judge(now: number, timestamp: number): void {
    const ageMs = this.#newest + (now - this.#at) - timestamp;
    if (ageMs > AGE_MS_MAX) throw tooOld(Math.round(ageMs));
    if (ageMs >= 0) return;
    this.#newest = timestamp;
    this.#at = now;
  }
}

const { message_age_ms: AGE_MS_MAX } = PROTOCOL.limits;

function tooOld(ageMs: number): RnpError {
  const text = `a message is ${ageMs} ms old on the clock of its sender, and at most ${AGE_MS_MAX} ms are allowed`;
  return new RnpError("REPLAY_DETECTED", text, {
    details: { age_ms: ageMs },
    outcome: "rejected",
  });
}
