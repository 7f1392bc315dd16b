import { FrameBatch } from "../wire/frame-batch.js";
import { FLAG_REQUIRES_ACK } from "../wire/header.js";
import type { MessageType } from "../wire/message-type.js";
import type { OutgoingProtection } from "../wire/protection.js";
import { ChannelTurn } from "./channel-turn.js";
import { EnvelopeWriter, type Heading } from "./envelope-writer.js";
import { toRnpError } from "./error.js";
import { HeldFrames } from "./held-frames.js";
import type { Host } from "./host.js";
import { MessageIds, type MessageKey } from "./message-ids.js";
import { SendCredit } from "./send-credit.js";
import type { TrafficMeter } from "./traffic-meter.js";

/**
 * Turns messages into frames, all of one connection into one batch until it is taken. Those for which the
 * peer has given no credit yet wait in order; control messages need none and pass them by.
 */
export class Outbound {
  readonly credit = new SendCredit();
  readonly ids: MessageIds;
  readonly #batch = new FrameBatch();
  readonly #held = new HeldFrames();
  readonly #channels = new ChannelTurn();
  readonly #envelope: EnvelopeWriter;
  readonly #host: Host;
  readonly #meter: TrafficMeter;
  #timestamp = 0;
  /** Messages until the clock is read again. */
  #timestampUses = 0;

  constructor(sender: string, host: Host, meter: TrafficMeter) {
    this.ids = new MessageIds(host.newMessageId());
    this.#envelope = new EnvelopeWriter(sender, this.ids);
    this.#host = host;
    this.#meter = meter;
  }

  /** From the next frame on they leave with this protection, or with none. */
  protect(protection: OutgoingProtection | undefined): void {
    this.#batch.protection = protection;
  }

  /** Bytes that wait, for credit or to be taken. */
  get queuedSize(): number {
    return this.#batch.size + this.#held.size;
  }

  /** Whether messages wait for credit. */
  get isStalled(): boolean {
    return !this.#held.isEmpty;
  }

  /** Whether a message that has a place in a channel may leave now: there is credit, and nothing is held before it. */
  get hasRoomInChannel(): boolean {
    return this.credit.available > (this.#held.isEmpty ? 0 : this.#channels.floor);
  }

  /** Calls `wake`, once, when the messages of a channel may have room again. */
  awaitRoomInChannel(wake: () => void): void {
    this.#channels.await(wake);
  }

  /** From here on frames are written as the two sides agreed. */
  use(capabilities: ReadonlySet<string>): void {
    this.#batch.compression = capabilities.has("lz4");
    this.#batch.writer.bin = capabilities.has("bin");
  }

  /**
   * Adds one frame and returns the key of its message.
   *
   * @throws RnpError `PROTOCOL_ERROR` where `data` breaks its schema or the payload would be too large;
   *   nothing has then been added
   */
  write<Data>(type: MessageType<Data>, data: Data, heading?: Heading, flags = 0): MessageKey {
    if (type.isControl) this.#encode(type, data, heading, flags);
    else if (this.credit.available > 0 && this.#held.isEmpty) {
      const size = this.#batch.size;
      this.#encode(type, data, heading, flags);
      this.credit.spend(this.#batch.size - size);
    } else this.#hold(type, data, heading, flags, true);
    return heading?.id === undefined ? this.ids.lastKey : this.ids.keyOf(heading.id);
  }

  /**
   * The same for an answer. It costs credit but does not wait for it: the asker made room when it asked. If it
   * waited, two nodes whose handlers ask each other would wait for one another's credit.
   */
  writeAnswer<Data>(type: MessageType<Data>, data: Data, heading: Heading): void {
    const size = this.#batch.size;
    this.#encode(type, data, heading, 0);
    if (!type.isControl) this.credit.spend(this.#batch.size - size);
  }

  /** The same for a message that has a place in a channel; there is room for it. Returns the size of its frame. */
  writeInChannel(type: MessageType, data: unknown, heading: Heading): number {
    const before = this.#batch.size;
    this.#encode(type, data, heading, FLAG_REQUIRES_ACK);
    const size = this.#batch.size - before;
    if (!type.isControl) this.credit.spend(size);
    return size;
  }

  /** The same for a control message that may not overtake those that wait. */
  writeBehind<Data>(type: MessageType<Data>, data: Data, heading?: Heading): void {
    if (this.#held.isEmpty) this.#encode(type, data, heading, 0);
    else this.#hold(type, data, heading, 0, false);
  }

  /** The same for one that may not overtake one message of ours, and may overtake all others. */
  writeAfter<Data>(key: MessageKey, type: MessageType<Data>, data: Data): void {
    if (this.#held.has(key)) this.#hold(type, data, undefined, 0, false);
    else this.#encode(type, data, undefined, 0);
  }

  /** The id of a message of ours that waits for something. */
  idOf({ key, id }: { readonly key: MessageKey; readonly id: string | undefined }): string {
    return id ?? this.ids.textOf(key);
  }

  /** Takes back a message that still waits for credit: nobody will ever see it. */
  revoke(key: MessageKey): boolean {
    return this.#held.remove(key);
  }

  /**
   * Credit has come: sends what waited for it.
   *
   * @throws RnpError `FLOW_CONTROL_ERROR` where none may come, or not so much
   */
  grant(bytes: number): void {
    const { credit } = this;
    credit.add(bytes);
    if (credit.available > 0 && this.isStalled && this.#channels.isAwaited) this.#share();
    if (this.isStalled) this.#held.release(credit, this.#batch);
    this.resumeChannels();
  }

  /** Lets the channels send that wait, where nothing is held before them. */
  resumeChannels(): void {
    if (!this.isStalled) this.#channels.give(this.credit, 0);
  }

  /** The bytes of all frames that may leave, in pieces; empty where there are none. */
  take(): readonly Uint8Array[] {
    this.#timestampUses = 0;
    return this.#batch.take();
  }

  /** Says that what the oldest `take` that gave anything has been written. */
  written(): void {
    this.#batch.written();
  }

  /** Gives channels their half, now before the held frames and now behind them. */
  #share(): void {
    const { credit } = this;
    const half = credit.available / 2;
    if (this.#channels.isFirst()) return this.#channels.give(credit, half);
    this.#held.release(credit, this.#batch, half);
    this.#channels.give(credit, 0);
  }

  #hold<Data>(
    type: MessageType<Data>,
    data: Data,
    heading: Heading | undefined,
    flags: number,
    needsCredit: boolean,
  ): void {
    const before = this.#batch.size;
    this.#encode(type, data, heading, flags, true);
    const key = heading?.id === undefined ? this.ids.lastKey : this.ids.keyOf(heading.id);
    this.#held.hold(this.#batch, this.#batch.size - before, key, needsCredit);
  }

  #encode<Data>(
    type: MessageType<Data>,
    data: Data,
    heading: Heading | undefined,
    flags: number,
    isHeld = false,
  ): void {
    const batch = this.#batch;
    batch.begin(flags);
    try {
      this.#envelope.write(batch.writer, type, data, this.#now(), heading);
      batch.end(isHeld);
    } catch (thrown) {
      batch.rollback();
      throw toRnpError(thrown);
    }
    this.#meter.of(type.type).sent += 1;
  }

  /** The wall clock, read once for a few messages of a turn. */
  #now(): number {
    if (this.#timestampUses === 0) {
      this.#timestamp = this.#host.unixTimeMs();
      this.#timestampUses = USES_PER_TIMESTAMP;
    }
    this.#timestampUses -= 1;
    return this.#timestamp;
  }
}

/** Encoding so many takes a few microseconds, so a timestamp is never off by a millisecond. */
const USES_PER_TIMESTAMP = 16;
