import { ACK } from "../../generated/messages/ack.js";
import { ERROR } from "../../generated/messages/error.js";
import { STREAM_END } from "../../generated/messages/stream/end.js";
import { FLAG_IS_ACK } from "../wire/header.js";
import type { ReceiveChannel } from "./delivery/receiving/receive-channel.js";
import { mayRunAgain } from "./delivery/second-run.js";
import { RnpError } from "./error.js";
import type { InboundMessage } from "./inbound.js";
import type { Inbox } from "./inbox.js";
import type { Lifecycle } from "./lifecycle.js";
import type { Outbound } from "./outbound.js";
import { errorDataOf } from "./peer-error.js";

/**
 * What the application says to the messages of the peer. The first word settles a message; what is said of
 * it later, by a handler that answers twice for instance, is dropped.
 */
export class Replies {
  readonly #lifecycle: Lifecycle;
  readonly #outbound: Outbound;
  readonly #inbox: Inbox;

  constructor(lifecycle: Lifecycle, outbound: Outbound, inbox: Inbox) {
    this.#lifecycle = lifecycle;
    this.#outbound = outbound;
    this.#inbox = inbox;
  }

  /** @throws RnpError `PROTOCOL_ERROR` where `data` is not as the schema of the answer says */
  answer(message: InboundMessage, data: unknown): void {
    if (!this.#canSay(message)) return void this.#inbox.settle(message);
    this.#outbound.writeAnswer(message.type.answer!, data, { replyTo: message });
    this.#inbox.settle(message);
  }

  /** Tells the sender that its message failed, where it waits to hear of it. */
  refuse(message: InboundMessage, error: RnpError): void {
    if (message.isKept) return this.settle(message);
    if (message.channel !== undefined)
      return this.#refuseInChannel(message, message.channel, error);
    if (this.#canSay(message) && message.isAwaited) {
      this.#outbound.write(ERROR, errorDataOf(error), { replyTo: message });
    }
    this.#inbox.settle(message);
  }

  /** The application is done with a message; acknowledges it where that was asked for. */
  settle(message: InboundMessage): void {
    if (message.channel !== undefined) {
      if (!message.isSettled && !message.isKept) message.channel.settle(message.seq);
    } else if (message.requiresAck && this.#canSay(message)) {
      this.#outbound.write(ACK, { ids: [message.id] }, undefined, FLAG_IS_ACK);
    }
    this.#inbox.settle(message);
  }

  /** Lets go of a message of which nothing is to be said: its sender sends it again. */
  drop(message: InboundMessage): void {
    if (message.isSettled) return;
    message.channel?.giveBack(message.seq, false);
    this.#inbox.settle(message);
  }

  /**
   * Sends one item of a stream.
   *
   * @throws RnpError `PROTOCOL_ERROR` where `data` is no such item; `BACKPRESSURE` where the asker has
   *   given no credit for it
   */
  item(message: InboundMessage, data: unknown): void {
    if (!this.#canSay(message)) return;
    if (message.itemCredit <= 0) throw noItemCredit(message);
    this.#outbound.write(message.type.stream!, data, { replyTo: message });
    message.itemCredit -= 1;
  }

  /** Ends a stream: well, or with an error. */
  end(message: InboundMessage, error: RnpError | undefined): void {
    if (this.#canSay(message)) {
      const { id } = message;
      const end = error === undefined ? { id } : { id, error: errorDataOf(error) };
      this.#outbound.writeBehind(STREAM_END, end, { replyTo: message });
    }
    this.#inbox.settle(message);
  }

  /** Said on the channel's present connection, which may be another than this one. */
  #refuseInChannel(message: InboundMessage, channel: ReceiveChannel, error: RnpError): void {
    if (message.isSettled) return;
    this.#inbox.settle(message);
    const { seq, type, promise } = message;
    const say = () => void channel.sink?.refuse(message, error);
    if (mayRunAgain(promise, error)) {
      say();
      channel.giveBack(seq, type.isOrdered);
    } else if (channel.isDurable) {
      channel.keepRefused(seq, error.code).then(say, () => {}); // Whoever has the store hears of it.
    } else {
      say();
      channel.refuse(seq, error.code);
    }
  }

  #canSay(message: InboundMessage): boolean {
    return !message.isOver && this.#lifecycle.carriesReplies;
  }
}

function noItemCredit({ type }: InboundMessage): RnpError {
  return new RnpError("BACKPRESSURE", `the asker of ${type.type} has no room; await its credit`);
}
