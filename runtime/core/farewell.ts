import { GOODBYE, type Goodbye } from "../../generated/messages/goodbye.js";
import { GOODBYE_ACK } from "../../generated/messages/goodbye_ack.js";
import type { ConnectionEvent } from "./connection-types.js";
import type { Ending } from "./ending.js";
import { RnpError } from "./error.js";
import type { Lifecycle } from "./lifecycle.js";
import type { Outbound } from "./outbound.js";

export interface FarewellOptions {
  readonly lifecycle: Lifecycle;
  readonly outbound: Outbound;
  /** The longest that a goodbye of the peer may keep the connection open. */
  readonly drainMs: number;
  /** Nothing is in flight, either way. */
  isIdle(): boolean;
  readonly ending: Ending;
  emit(event: ConnectionEvent): void;
}

/**
 * How a connection ends in good order: one side says goodbye and sends nothing new, what is in flight
 * finishes on both sides, the other answers with `goodbye_ack`, and both close. Either side may begin, and
 * both may at once; the drain time bounds all of it.
 */
export class Farewell {
  readonly #options: FarewellOptions;

  constructor(options: FarewellOptions) {
    this.#options = options;
  }

  say(now: number, reason: string, drainMs: number): void {
    const { lifecycle, outbound, emit, ending } = this.#options;
    const { kind, saidGoodbye } = lifecycle;
    if (kind === "greeting") return ending.end(undefined);
    if (kind === "closed" || saidGoodbye) return;
    // Behind what waits for credit: what was taken before the goodbye is still sent.
    outbound.writeBehind(GOODBYE, { reason, drain_ms: Math.ceil(drainMs) });
    lifecycle.sayGoodbye(now + drainMs);
    if (kind === "open") emit({ kind: "leaving" });
  }

  hear(now: number, goodbye: Goodbye): void {
    const { lifecycle, drainMs, emit, ending } = this.#options;
    const { kind } = lifecycle;
    if (kind === "greeting") return ending.end(undefined);
    lifecycle.hearGoodbye(now + Math.min(goodbye.drain_ms ?? drainMs, drainMs));
    if (kind === "open") emit({ kind: "leaving" });
  }

  /** @throws RnpError `PROTOCOL_ERROR` where no goodbye was said */
  hearAck(): void {
    if (this.#options.lifecycle.saidGoodbye) return this.#options.ending.end(undefined);
    throw new RnpError("PROTOCOL_ERROR", "goodbye_ack came but no goodbye was said");
  }

  /** Once all in flight is done, a peer that said goodbye gets its `goodbye_ack`. */
  finish(): void {
    const { lifecycle, outbound, isIdle, ending } = this.#options;
    if (!lifecycle.owesGoodbyeAck || !isIdle()) return;
    outbound.write(GOODBYE_ACK, {});
    if (lifecycle.saidGoodbye) lifecycle.payGoodbyeAck();
    else ending.end(undefined);
  }
}
