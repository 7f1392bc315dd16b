import { LentMemory } from "../wire/lent-memory.js";
import type { MessageType } from "../wire/message-type.js";
import type { OrderGate, Turn } from "./delivery/receiving/order-gate.js";
import type { ReceiveChannel } from "./delivery/receiving/receive-channel.js";
import type { ChannelPromise } from "./delivery/sending/outgoing.js";
import type { Identified } from "./envelope-writer.js";
import type { Received } from "./received.js";

/** A message of the peer, checked against its schema, for the application to handle and then settle. */
export class InboundMessage implements Identified {
  /** It is handed to the shell as an event. */
  readonly kind = "message";
  readonly type: MessageType;
  readonly data: unknown;
  /** On the clock of `now`: when the sender stops waiting. */
  readonly deadlineAt: number | undefined;
  /** The sender waits for an acknowledgement of this message. */
  readonly requiresAck: boolean;
  /** Bytes of its frame: what it cost the sender of its credit. */
  readonly size: number;
  /** The channel that it has a place in. */
  readonly channel: ReceiveChannel | undefined;
  /** Items that the asker of a stream has room for. */
  itemCredit = 0;
  /** Whether the application is done with it. */
  isSettled = false;
  /** Whether its effect, and that it was handled, are being made durable: nothing else can be said of it. */
  isKept = false;
  /** Whether its sender waits for nothing any more. */
  isCancelled = false;
  readonly #received: Received;
  /** The turn of the gate in which it came. */
  readonly #turn: Turn | undefined;

  constructor(
    received: Received,
    type: MessageType,
    data: unknown,
    deadlineAt: number | undefined,
    requiresAck: boolean,
    size: number,
    channel?: ReceiveChannel,
  ) {
    this.#received = received;
    this.type = type;
    this.data = data;
    this.deadlineAt = deadlineAt;
    this.requiresAck = requiresAck;
    this.size = size;
    this.channel = channel;
    this.#turn = this.gate?.turn;
  }

  /** What it is promised in the channel. */
  get promise(): ChannelPromise {
    return this.#received.promise;
  }

  /** Its place in the channel. */
  get seq(): number {
    return this.#received.seq;
  }

  /** What lets it through after those that it has to wait for; `undefined` where it waits for none. */
  get gate(): OrderGate | undefined {
    return this.type.isOrdered ? this.channel?.gate : undefined;
  }

  /**
   * Whether one before it in its channel was refused for now since it came, so that its sender sends it again: to be
   * dropped in place of being handled. Asked before it goes through the gate.
   */
  get isTurnedAway(): boolean {
    return this.gate?.hasTurnedAway(this.#turn, this.seq) === true;
  }

  get id(): string {
    return this.#received.id;
  }

  get meta(): Readonly<Record<string, string>> {
    return this.#received.meta ?? NO_META;
  }

  /** Whether the sender waits to hear of it: for an answer, for items or for an acknowledgement. */
  get isAwaited(): boolean {
    return this.requiresAck || isRequest(this.type);
  }

  /** Whether there is nobody to say anything to about it any more. */
  get isOver(): boolean {
    return this.isSettled || this.isCancelled;
  }

  /**
   * Gives back the memory that it was lent: its binary fields are not to be looked at any more. Their memory
   * holds the next message soon.
   */
  giveBack(): void {
    const { lent } = this.#received;
    if (lent === undefined) return;
    void this.id; // It is in there too, and may be asked for later.
    this.#received.lent = undefined;
    LentMemory.shared.give(lent);
  }

  putId(view: DataView, at: number): number {
    return this.#received.putId(view, at);
  }
}

const NO_META: Readonly<Record<string, string>> = Object.freeze({});

/** Whether something is to come back for messages of this type. */
export function isRequest(type: MessageType): boolean {
  return type.answer !== undefined || type.stream !== undefined;
}
