import { PROTOCOL } from "../../generated/protocol.js";
import { RnpError } from "./error.js";

/** No peer may hold more credit, whatever is granted; it bounds what a receiver has to keep. */
const CREDIT_MAX = PROTOCOL.flow.max_window_bytes;

/**
 * How many bytes the peer lets us send: its grants less what we have sent since. Unlimited until the
 * handshake agrees on flow control, and for good with a peer that knows none.
 *
 * A message may start while there is any credit, so a message larger than the window can be sent at all;
 * the credit is then below zero until the peer has returned it. (`schema/SPEC.md`, Flow control.)
 */
export class SendCredit {
  #available = Number.POSITIVE_INFINITY;

  /** Bytes; at or below zero nothing may start, and infinite without flow control. */
  get available(): number {
    return this.#available;
  }

  /** From here on the peer counts, beginning with what its greeting granted. */
  limit(bytes: number): void {
    this.#available = bytes;
  }

  spend(bytes: number): void {
    this.#available -= bytes;
  }

  /** @throws RnpError `FLOW_CONTROL_ERROR` where none was agreed, or for more than the largest window */
  add(bytes: number): void {
    if (this.#available === Number.POSITIVE_INFINITY) throw notAgreed();
    if (this.#available + bytes > CREDIT_MAX) throw tooMuch(this.#available, bytes);
    this.#available += bytes;
  }
}

function notAgreed(): RnpError {
  return new RnpError("FLOW_CONTROL_ERROR", "window.update came, but flow control was not agreed", {
    details: { message_type: "window.update" },
    outcome: "rejected",
  });
}

function tooMuch(credit: number, granted: number): RnpError {
  const text = `window.update: expected a credit of at most ${CREDIT_MAX} bytes, got ${granted} on top of ${credit}`;
  const details = { message_type: "window.update", credit_bytes: credit, granted_bytes: granted };
  return new RnpError("FLOW_CONTROL_ERROR", text, { details, outcome: "rejected" });
}
