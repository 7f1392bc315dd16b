import { ACK, type Ack } from "../../generated/messages/ack.js";
import { CANCEL, type Cancel } from "../../generated/messages/cancel.js";
import { ERROR, type ErrorData } from "../../generated/messages/error.js";
import { GOODBYE, type Goodbye } from "../../generated/messages/goodbye.js";
import { GOODBYE_ACK } from "../../generated/messages/goodbye_ack.js";
import { HELLO, type Hello } from "../../generated/messages/hello.js";
import { HELLO_ACK, type HelloAck } from "../../generated/messages/hello_ack.js";
import { PING, type Ping } from "../../generated/messages/ping.js";
import { PONG } from "../../generated/messages/pong.js";
import { STREAM_CREDIT, type StreamCredit } from "../../generated/messages/stream/credit.js";
import { STREAM_END, type StreamEnd } from "../../generated/messages/stream/end.js";
import { WINDOW_UPDATE, type WindowUpdate } from "../../generated/messages/window/update.js";
import type { MessageType } from "../wire/message-type.js";
import type { ConnectionParts } from "./connection-parts.js";
import { RnpError } from "./error.js";
import type { InboundMessage } from "./inbound.js";
import { errorOf } from "./peer-error.js";
import type { Received } from "./received.js";

/** What the peer says of the connection itself and of messages on it: greetings, acks, errors, credit. */
export class ControlReception {
  readonly #parts: ConnectionParts;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
  }

  /** @throws RnpError where the connection cannot go on */
  take(now: number, received: Received, type: MessageType, data: unknown): void {
    const { correspondence, creditReturn, greeting, farewell, outbound } = this.#parts;
    const { ids } = outbound;
    switch (type) {
      case PING:
        return this.#answerPing(received, data as Ping);
      case PONG: {
        const key = received.replyKey(ids);
        if (!creditReturn.answered(now, key)) correspondence.answered(now, PONG, key, data);
        return;
      }
      case ACK:
        return this.#takeAck(now, data as Ack);
      case ERROR:
        return this.#takeError(now, received, data as ErrorData);
      case WINDOW_UPDATE:
        return outbound.grant((data as WindowUpdate).bytes);
      case STREAM_CREDIT:
        return this.#takeItemCredit(data as StreamCredit);
      case STREAM_END: {
        const { id, error } = data as StreamEnd;
        return correspondence.ended(now, ids.keyOf(id), error);
      }
      case CANCEL:
        return this.#cancel((data as Cancel).id);
      case HELLO:
        return greeting.hear(data as Hello);
      case HELLO_ACK:
        return greeting.hearAck(data as HelloAck);
      case GOODBYE:
        return farewell.hear(now, data as Goodbye);
      case GOODBYE_ACK:
        return farewell.hearAck();
    }
  }

  #answerPing(received: Received, { timestamp }: Ping): void {
    const { outbound, host } = this.#parts;
    const pong = { request_timestamp: timestamp, response_timestamp: host.unixTimeMs() };
    outbound.write(PONG, pong, { replyTo: received });
  }

  #takeAck(now: number, ack: Ack): void {
    const { carried, correspondence, outbound } = this.#parts;
    const { ids = [] } = ack;
    if (ack.channel !== undefined) carried.acknowledged(now, ack);
    if (ids.length === 0) return;
    correspondence.acknowledged(
      now,
      ids.map((id) => outbound.ids.keyOf(id)),
    );
  }

  #takeError(now: number, received: Received, data: ErrorData): void {
    const { correspondence, carried, outbound, peer, emit, ending } = this.#parts;
    const error = errorOf(data, peer.id);
    const key = received.replyKey(outbound.ids);
    if (key === undefined) ending.hearComplaint(error);
    else if (correspondence.refused(key, error)) return;
    else if (typeof key === "string" && carried.refused(now, key, error)) return;
    emit({ kind: "refused", by: "peer", error });
  }

  /** A stream that has ended meanwhile needs no credit any more. */
  #takeItemCredit({ id, messages }: StreamCredit): void {
    const { inbox, emit } = this.#parts;
    const message = inbox.find(id);
    if (message?.type.stream === undefined) return;
    message.itemCredit += messages;
    if (message.itemCredit > ITEM_CREDIT_MAX) throw tooManyItems(message);
    emit({ kind: "credit", message });
  }

  /** What has been answered meanwhile cannot be cancelled any more. */
  #cancel(id: string): void {
    const { inbox, emit } = this.#parts;
    const message = inbox.find(id);
    if (message === undefined) return;
    inbox.cancel(message);
    emit({ kind: "cancelled", message });
  }
}

/** No reader has room for more. */
const ITEM_CREDIT_MAX = 2 ** 31 - 1;

function tooManyItems({ type, itemCredit }: InboundMessage): RnpError {
  const text = `${type.type}: expected a credit of at most ${ITEM_CREDIT_MAX} items, got ${itemCredit}`;
  const details = { message_type: "stream.credit" };
  return new RnpError("FLOW_CONTROL_ERROR", text, { details, outcome: "rejected" });
}
