import type { ErrorCode } from "../../generated/errors.js";
import { ACK } from "../../generated/messages/ack.js";
import { CANCEL } from "../../generated/messages/cancel.js";
import { ERROR } from "../../generated/messages/error.js";
import { FLAG_IS_ACK, FLAG_REQUIRES_ACK, HEADER_SIZE } from "../wire/header.js";
import type { Lent } from "../wire/lent-memory.js";
import type { MessageType } from "../wire/message-type.js";
import type { ConnectionParts } from "./connection-parts.js";
import { ControlReception } from "./control-reception.js";
import type { ReceiveChannel } from "./delivery/receiving/receive-channel.js";
import { RnpError, toRnpError } from "./error.js";
import { InboundMessage } from "./inbound.js";
import { errorDataOf } from "./peer-error.js";
import type { Received } from "./received.js";
import type { Route } from "./routes.js";

/** What becomes of the frames of the peer, one by one. */
export class Reception {
  readonly #parts: ConnectionParts;
  readonly #control: ControlReception;

  constructor(parts: ConnectionParts) {
    this.#parts = parts;
    this.#control = new ControlReception(parts);
  }

  /**
   * Takes the frame whose payload is in `chunk` from `from` to `to`; `lent` where that is to be given back.
   *
   * @throws RnpError or WireFault where the connection cannot go on
   */
  take(
    now: number,
    flags: number,
    chunk: Uint8Array,
    from: number,
    to: number,
    lent: Lent | undefined,
  ): void {
    const { lifecycle, receiver, routes, peer, protection } = this.#parts;
    if (lifecycle.kind === "closed") return;
    const received = receiver.read(flags, chunk, from, to);
    received.lent = lent;
    if (received.sender !== peer.id) throw impostor(received.sender, peer.id);
    protection?.judgeAge(now, received.timestamp);
    const { type } = received;
    const size = HEADER_SIZE + to - from;
    if (type === undefined) return this.#takeUnknown(flags, received, size);
    lifecycle.assertExpected(type);
    if (((flags & FLAG_IS_ACK) !== 0) !== (type === ACK)) throw misplacedAckFlag(type);
    const route = routes.of(type);
    this.#count(route, received);
    if (type.layer === "connection") return this.#takeControl(now, route, received);
    this.#takeMessage(now, route, received, flags, size);
  }

  #count({ traffic }: Route, received: Received): void {
    traffic.received += 1;
    traffic.age.record(this.#parts.arrivedAt() - received.timestamp);
  }

  #takeMessage(now: number, route: Route, received: Received, flags: number, size: number): void {
    const { window, correspondence, outbound } = this.#parts;
    const { type, isAnswer } = route;
    const key = received.replyKey(outbound.ids);
    const isUnpaid = !type.isControl && window.isExhausted;
    if (isUnpaid && (key === undefined || !isAnswer)) window.assertCredit(type.type);
    if (!type.isControl) window.charge(size);
    const requiresAck = (flags & FLAG_REQUIRES_ACK) !== 0;
    const isPlaced = requiresAck && key === undefined && this.#isPlaced(received);
    const channel = isPlaced ? this.#place(received, type.isOrdered) : undefined;
    if (isPlaced && channel === undefined) return this.#release(type, size);
    const data = this.#read(route, received, channel);
    // An answer may come without credit, but not to stay: the handlers of one that comes too late cannot have it.
    if (data === REFUSED || correspondence.answered(now, type, key, data) || isUnpaid) {
      if (data !== REFUSED) channel?.settle(received.seq);
      return this.#release(type, size);
    }
    const { deadlineMs } = received;
    const deadlineAt = deadlineMs === undefined ? undefined : now + deadlineMs;
    const message = new InboundMessage(
      received,
      type,
      data,
      deadlineAt,
      requiresAck,
      size,
      channel,
    );
    this.#deliver(message, received);
  }

  /** Nobody has to be told of a message: its credit returns. */
  #release({ isControl }: MessageType, size: number): void {
    if (!isControl) this.#parts.window.release(size);
  }

  /** Whether a message has a place in a channel, as far as both sides know them. */
  #isPlaced({ channel }: Received): boolean {
    return channel !== undefined && this.#parts.greeting.delivers;
  }

  /** The channel of a message that is new there; `undefined`: it is not, and all is said of it. */
  #place(received: Received, isOrdered: boolean): ReceiveChannel | undefined {
    const channel = this.#channelOf(received);
    if (channel === undefined) return undefined;
    channel.moveTo(this.#parts.acks);
    const { seq } = received;
    const verdict = channel.judge(seq, received.floor, isOrdered);
    if (verdict === "new") return channel;
    if (verdict === "refused") {
      channel.sink?.refuse(received, refusedBefore(channel.codeOf(seq)));
      channel.told(seq);
    }
    return undefined;
  }

  /** @throws RnpError `CONFLICT` where a later epoch has begun: the connection cannot go on */
  #channelOf(received: Received): ReceiveChannel | undefined {
    try {
      const { channel, epoch, floor, promise } = received;
      return this.#parts.received.find(channel!, epoch, floor, promise === "exactly-once");
    } catch (thrown) {
      const error = toRnpError(thrown);
      if (error.code === "CONFLICT") throw error;
      this.#refuse(received, error);
      return undefined;
    }
  }

  #deliver(message: InboundMessage, received: Received): void {
    const { inbox, emit } = this.#parts;
    if (inbox.admit(message)) return emit(message);
    const { channel } = message;
    if (channel !== undefined) {
      this.#refuse(received, tooManyControl(message));
      return channel.giveBack(message.seq, message.type.isOrdered);
    }
    if (message.type.stream !== undefined) return this.#refuse(received, tooManyStreams(message));
    emit({ kind: "refused", by: "local", error: tooManyControl(message) });
  }

  /** The data of a message; one that breaks a rule costs the message, and during the greeting all. */
  #read({ type, refusal }: Route, received: Received, channel?: ReceiveChannel): unknown {
    try {
      if (refusal !== undefined) throw refusal;
      return received.isChecked ? received.data : type.accept(received.data);
    } catch (thrown) {
      if (this.#parts.lifecycle.kind === "greeting") throw thrown;
      const error = toRnpError(thrown);
      if (!this.#failAsked(received, error)) this.#refuse(received, error);
      channel?.refuse(received.seq, error.code);
      return REFUSED;
    }
  }

  /** Whether a faulty message was to be an answer, or an item, of ours; that is then what fails. */
  #failAsked(received: Received, error: RnpError): boolean {
    const { correspondence, outbound, peer } = this.#parts;
    const key = received.replyKey(outbound.ids);
    const waiting = key === undefined ? undefined : correspondence.get(key);
    if (key === undefined || waiting === undefined) return false;
    correspondence.refused(key, error.with({ peer: peer.id, outcome: "unknown" }));
    // A stream with a gap is no stream, so the rest of it is not wanted.
    const isStream = waiting.type.stream !== undefined;
    if (isStream) outbound.write(CANCEL, { id: outbound.idOf(waiting) });
    return true;
  }

  #takeControl(now: number, route: Route, received: Received): void {
    const data = this.#read(route, received);
    if (data !== REFUSED) this.#control.take(now, received, route.type, data);
  }

  /** Answered where an answer is awaited, else counted and dropped. */
  #takeUnknown(flags: number, received: Received, size: number): void {
    const { lifecycle, window, meter, emit } = this.#parts;
    const error = unknownType(received.typeName);
    if (lifecycle.kind === "greeting") throw error;
    const isPlaced = this.#isPlaced(received);
    // Its sender may know it for one that costs credit; the two counts must not part.
    window.assertCredit(received.typeName);
    window.charge(size);
    window.release(size);
    meter.unknownTypeCount += 1;
    const isAwaited = (flags & FLAG_REQUIRES_ACK) !== 0 || received.deadlineMs !== undefined;
    if (isPlaced && isAwaited) {
      const channel = this.#place(received, false);
      if (channel === undefined) return;
      channel.refuse(received.seq, error.code);
    }
    if (isAwaited) this.#refuse(received, error);
    else emit({ kind: "refused", by: "local", error });
  }

  #refuse(received: Received, error: RnpError): void {
    const { lifecycle, outbound, emit } = this.#parts;
    // An error is never answered with an error: two peers could do so for ever.
    if (lifecycle.carriesReplies && received.typeName !== ERROR.type) {
      outbound.write(ERROR, errorDataOf(error), { replyTo: received });
    }
    emit({ kind: "refused", by: "local", error });
  }
}

/** In place of data that was refused; `undefined` would be data like any other. */
const REFUSED = Symbol("refused");

function impostor(sender: string, certified: string): RnpError {
  return new RnpError(
    "UNAUTHORIZED",
    `a message says it is from "${sender}", but the certificate says "${certified}"`,
    {
      details: { rule: "the sender is the node that the certificate names", identity: certified },
      outcome: "rejected",
    },
  );
}

function misplacedAckFlag({ type }: MessageType): RnpError {
  return new RnpError("PROTOCOL_ERROR", "the is-ack flag and the type ack go together", {
    details: { expected: "is-ack on ack and on nothing else", got: type },
    outcome: "rejected",
  });
}

function unknownType(name: string): RnpError {
  return new RnpError("PROTOCOL_ERROR", `this node does not know the message type "${name}"`, {
    details: { expected: "a known message type", got: name },
    outcome: "rejected",
  });
}

/** What a sender is told that missed it the first time. */
function refusedBefore(code: ErrorCode | undefined): RnpError {
  const text = "this message was refused before; the node's log has the reason";
  return new RnpError(code === undefined ? "INTERNAL_ERROR" : code, text, { outcome: "rejected" });
}

function tooManyControl({ type }: InboundMessage): RnpError {
  const text = `${type.type} was dropped: too many are waiting to be handled`;
  return new RnpError("BACKPRESSURE", text);
}

function tooManyStreams({ type }: InboundMessage): RnpError {
  return new RnpError("RESOURCE_EXHAUSTED", `${type.type}: too many streams are open`, {
    outcome: "rejected",
  });
}
