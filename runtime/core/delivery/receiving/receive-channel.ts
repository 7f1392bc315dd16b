import type { ErrorCode } from "../../../../generated/errors.js";
import type { Ack } from "../../../../generated/messages/ack.js";
import type { ReceivedChannel } from "../../../../generated/types.js";
import { RnpError } from "../../error.js";
import { DurableHandling } from "../keeping/durable-handling.js";
import type { ChannelJournal, HandledBatch } from "../keeping/journal.js";
import type { ReceivedRecord } from "../records.js";
import { WINDOW_COUNT } from "../window.js";
import type { AckSink } from "./ack-sink.js";
import { OrderGate } from "./order-gate.js";
import { ReceivedPlaces, type Verdict } from "./received-places.js";
import { Refusals } from "./refusals.js";

/**
 * The receiving end of one channel in one epoch: tells each message from its copies, however late these come,
 * and knows what is to be acknowledged. It outlives connections.
 *
 * A durable channel has a journal: what is handled in it is acknowledged once the journal has kept that.
 */
export class ReceiveChannel {
  readonly name: string;
  readonly epoch: number;
  #gate: OrderGate | undefined;
  #places = new ReceivedPlaces();
  /** What the next ack has to name, as its cumulative part may not cover it; `undefined`: none is due. */
  #owed: number[] | undefined;
  /** Made when the first message is refused. */
  #refusals: Refusals | undefined;
  #sink: AckSink | undefined;
  #durable: DurableHandling | undefined;

  /** `gate`: that of the epoch before, whose messages may still be with their handlers. */
  constructor(name: string, epoch: number, gate?: OrderGate, journal?: ChannelJournal) {
    this.name = name;
    this.epoch = epoch;
    this.#gate = gate;
    if (journal !== undefined) this.#durable = new DurableHandling(journal, 0);
  }

  /** Whether its messages count as handled only once that is durable. */
  get isDurable(): boolean {
    return this.#durable !== undefined;
  }

  /** Lets its ordered messages through one after the other. */
  get gate(): OrderGate {
    this.#gate ??= new OrderGate();
    return this.#gate;
  }

  /** The channel as it was when `record` was made; what was with handlers then has not been seen. */
  static restored(record: ReceivedRecord, journal?: ChannelJournal): ReceiveChannel {
    const channel = new ReceiveChannel(record.channel, record.epoch);
    if (journal !== undefined) channel.#durable = new DurableHandling(journal, record.cum);
    channel.#places = ReceivedPlaces.restored(record);
    return channel;
  }

  /** What has to be kept for the channel to be `restored`. */
  record(): ReceivedRecord {
    const { name: channel, epoch } = this;
    return { channel, epoch, ...this.#places.record() };
  }

  /** Where acks go; `undefined` before the first message. */
  get sink(): AckSink | undefined {
    return this.#sink;
  }

  /** The channel's messages come by `sink` now; an older connection than the present one changes nothing. */
  moveTo(sink: AckSink): void {
    const present = this.#sink;
    if (present === sink || (present?.isOpen && present.order > sink.order)) return;
    this.#sink = sink;
    this.#untellAll();
    if (this.#owed !== undefined) sink.add(this);
  }

  /**
   * What a message is; a new one has been taken by that.
   *
   * @throws RnpError `PROTOCOL_ERROR` where its numbers cannot be
   */
  judge(seq: number, floor: number, isOrdered: boolean): Verdict {
    if (floor > seq || seq >= floor + WINDOW_COUNT) throw outOfWindow(this.name, seq, floor);
    const places = this.#places;
    if (floor > places.floor) {
      places.raiseFloor(floor);
      this.#refusals?.forgetBelow(floor);
    }
    const verdict = places.judge(seq, isOrdered);
    const isSettled = verdict === "duplicate" || verdict === "refused";
    if (isSettled && this.#durable?.isPending(seq)) return "in progress";
    if (verdict === "duplicate") this.oweAck(seq);
    return verdict;
  }

  /** A message has been handled; it is acknowledged now, and in a durable channel once that is durable. */
  settle(seq: number): void {
    if (this.#durable === undefined) this.handled(seq);
    else if (!this.#places.isOver) this.keepHandled(seq).catch(() => {}); // Whoever has the store hears of it.
  }

  /** A message has been handled, and is acknowledged: its effect is there. */
  handled(seq: number): void {
    this.#places.handled(seq);
    this.oweAck(seq);
  }

  /**
   * A message of a durable channel has been handled, and what `batch` has came of it. It is acknowledged once both
   * are durable, and never where that fails. Settles with the journal.
   *
   * @throws RnpError `SESSION_LOST` where its sender has begun another epoch since, and counts it as lost
   */
  keepHandled(seq: number, batch?: HandledBatch): Promise<void> {
    if (this.#places.isOver) throw sessionOver(this.name, this.epoch);
    this.#places.handled(seq);
    return this.#durable!.keep(seq, this.record(), batch).then(() => this.oweAck(seq));
  }

  /** A message is refused for good, and its sender has been told by an `error`. */
  refuse(seq: number, code: ErrorCode): void {
    this.#places.refused(seq);
    this.#refusals ??= new Refusals();
    this.#refusals.note(seq, code);
  }

  /**
   * A message of a durable channel is refused for good. Settles when that is durable, and its sender may be told: a
   * receiver that did not know it after a crash would be taken for one that lost its store.
   */
  async keepRefused(seq: number, code: ErrorCode): Promise<void> {
    if (this.#places.isOver) throw sessionOver(this.name, this.epoch);
    this.refuse(seq, code);
    await this.#durable!.keep(seq, this.record(), undefined);
  }

  /** A message is refused for now: its sender sends it again, and behind it what is ordered after it. */
  giveBack(seq: number, isOrdered: boolean): void {
    if (!isOrdered) this.#places.giveBack(seq);
    else if (seq >= this.#places.floor) this.#places.goBackTo(seq, this.gate.dropBehind(seq));
  }

  /** Another epoch has begun: what becomes of the messages of this one changes nothing any more. */
  end(): void {
    this.#places.end();
  }

  /** Why a message was refused; `undefined` where that is so long ago that it is forgotten. */
  codeOf(seq: number): ErrorCode | undefined {
    return this.#refusals?.codes.get(seq);
  }

  /** The sender has been told again that this message was refused. */
  told(seq: number): void {
    this.#refusals?.untold.delete(seq);
  }

  /** An ack is due, if only because an earlier one may have been lost. It names `seq` where it covers no more. */
  oweAck(seq: number): void {
    const isFirst = this.#owed === undefined;
    this.#owed ??= NONE;
    if (seq > this.#acknowledgeable) {
      if (this.#owed === NONE) this.#owed = [];
      this.#owed.push(seq);
    }
    if (isFirst) this.#sink?.add(this);
  }

  /** What to acknowledge now. */
  takeAck(): Ack {
    const seq = this.#acknowledgeable;
    const { name: channel, epoch } = this;
    const owed = this.#owed ?? NONE;
    this.#owed = undefined;
    if (owed === NONE) return { channel, epoch, seq };
    const beyond = [...new Set(owed)].filter((each) => each > seq);
    return beyond.length === 0 ? { channel, epoch, seq } : { channel, epoch, seq, beyond };
  }

  /** What the greeting of the next connection says of it. */
  report(): ReceivedChannel {
    const seq = this.#settledUpTo;
    const { highest } = this.#places;
    const refused = this.#places.refusedUpTo(seq);
    const { name: channel, epoch } = this;
    const report = { channel, epoch, seq, highest };
    return refused.length === 0 ? report : { ...report, refused };
  }

  /** All up to here may be acknowledged at once. */
  get #acknowledgeable(): number {
    const untold = this.#refusals?.untold;
    const settled = this.#settledUpTo;
    return untold === undefined ? settled : Math.min(settled, Math.min(...untold) - 1);
  }

  get #settledUpTo(): number {
    const { cum } = this.#places;
    return this.#durable === undefined ? cum : Math.min(cum, this.#durable.cum);
  }

  /** A new connection: of what was refused, the sender may not have heard. */
  #untellAll(): void {
    const refused = this.#places.refusedUpTo();
    if (refused.length === 0 && this.#refusals === undefined) return;
    this.#refusals ??= new Refusals();
    this.#refusals.untold = new Set(refused);
  }
}

/** For all channels that have to acknowledge, and nothing to name. */
const NONE: never[] = [];

function sessionOver(channel: string, epoch: number): RnpError {
  const text = `channel ${channel}: epoch ${epoch} is over, and its sender counts this message as lost`;
  return new RnpError("SESSION_LOST", text, { details: { channel, epoch } });
}

function outOfWindow(channel: string, seq: number, floor: number): RnpError {
  const expected = `a seq from its floor to less than ${WINDOW_COUNT} above it`;
  const got = `seq ${seq} at floor ${floor}`;
  return new RnpError("PROTOCOL_ERROR", `channel ${channel}: expected ${expected}, got ${got}`, {
    details: { expected, got },
    outcome: "rejected",
  });
}
