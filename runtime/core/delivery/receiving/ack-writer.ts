import { ACK } from "../../../../generated/messages/ack.js";
import { ERROR } from "../../../../generated/messages/error.js";
import { FLAG_IS_ACK } from "../../../wire/header.js";
import type { Identified } from "../../envelope-writer.js";
import type { RnpError } from "../../error.js";
import type { Lifecycle } from "../../lifecycle.js";
import type { Outbound } from "../../outbound.js";
import { errorDataOf } from "../../peer-error.js";
import type { AckSink } from "./ack-sink.js";
import type { ReceiveChannel } from "./receive-channel.js";

/**
 * Gathers what one connection has to acknowledge, so that one `ack` for each channel goes with whatever is
 * written next, however many messages it covers.
 */
export class AckWriter implements AckSink {
  readonly order: number;
  readonly #lifecycle: Lifecycle;
  readonly #outbound: Outbound;
  readonly #wake: () => void;
  #due: ReceiveChannel[] = [];

  /** `wake` is called when there is something to write. */
  constructor(lifecycle: Lifecycle, outbound: Outbound, order: number, wake: () => void) {
    this.#lifecycle = lifecycle;
    this.#outbound = outbound;
    this.order = order;
    this.#wake = wake;
  }

  get isOpen(): boolean {
    return this.#lifecycle.carriesReplies;
  }

  add(channel: ReceiveChannel): void {
    this.#due.push(channel);
    if (this.#due.length === 1) this.#wake();
  }

  refuse(message: Identified, error: RnpError): void {
    if (!this.isOpen) return;
    this.#outbound.write(ERROR, errorDataOf(error), { replyTo: message });
    this.#wake();
  }

  /** Whether `write` has something to do. */
  get isDue(): boolean {
    return this.#due.length > 0;
  }

  /** Writes the acks that are due. */
  write(): void {
    if (this.#due.length === 0 || !this.isOpen) return;
    const due = this.#due;
    this.#due = [];
    for (const channel of due) {
      if (channel.sink !== this) continue; // It has moved to another connection, and its ack with it.
      this.#outbound.write(ACK, channel.takeAck(), undefined, FLAG_IS_ACK);
    }
  }
}
