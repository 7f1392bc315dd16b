import type { ErrorCode } from "../../../generated/errors.js";
import type { Ack } from "../../../generated/messages/ack.js";
import type { ReceivedChannel } from "../../../generated/types.js";
import { RnpError } from "../error.js";
import type { AckSink } from "./ack-sink.js";
import type { ChannelJournal, HandledBatch } from "./journal.js";
import { NumberList } from "./number-list.js";
import { OrderGate } from "./order-gate.js";
import type { ReceivedRecord } from "./records.js";
import { Refusals } from "./refusals.js";
import { MARKS_SIZE, type Mark, SequenceMarks } from "./sequence-marks.js";
import { WINDOW_COUNT } from "./window.js";

/**
 * What a message of a channel is to its receiver.
 *
 * - `new`: handle it, then say what became of it;
 * - `in progress`: a copy of one that is being handled, and will be acknowledged;
 * - `duplicate`: a copy of one that was handled; it is acknowledged again;
 * - `refused`: a copy of one that was refused; its sender is told again;
 * - `early`: an ordered one before those that it has to wait for; it comes again;
 * - `abandoned`: its sender has given it up since, and does not wait.
 */
export type Verdict = "new" | "in progress" | "duplicate" | "refused" | "early" | "abandoned";

/** Below `front` nothing marked is with its handler; from there on it has not been seen. */
const PLAIN: Mark = 0;
const HANDLED: Mark = 1;
const REFUSED: Mark = 2;
/** The opposite of what no mark means: below `front` not seen, from there on with its handler. */
const EXCEPTION: Mark = 3;

/**
 * The receiving end of one channel in one epoch: tells each message from its copies, however late these come,
 * and knows what is to be acknowledged. It outlives connections.
 *
 * ```
 *   1 … settled │ cum+1 … with handlers, but for marked ones │ front … not seen, but for marked ones
 * ```
 *
 * Settled: handled, refused, or given up by the sender. Marks are kept for the window that begins at the
 * sender's floor: what is below that, the sender does not send again. A durable channel has a journal: what is
 * handled in it is acknowledged once the journal has kept that.
 */
export class ReceiveChannel {
  readonly name: string;
  readonly epoch: number;
  #gate: OrderGate | undefined;
  readonly #marks = new SequenceMarks();
  #floor = 1;
  #cum = 0;
  #front = 1;
  /** What the next ack has to name, as its cumulative part may not cover it; `undefined`: none is due. */
  #owed: number[] | undefined;
  /** Made when the first message is refused. */
  #refusals: Refusals | undefined;
  #sink: AckSink | undefined;
  readonly #journal: ChannelJournal | undefined;
  /** Handled, and not known to be durable; made when there is one. */
  #undurable: NumberList | undefined;

  /** `gate`: that of the epoch before, whose messages may still be with their handlers. */
  constructor(name: string, epoch: number, gate?: OrderGate, journal?: ChannelJournal) {
    this.name = name;
    this.epoch = epoch;
    this.#gate = gate;
    this.#journal = journal;
  }

  /** Whether its messages count as handled only once that is durable. */
  get isDurable(): boolean {
    return this.#journal !== undefined;
  }

  /** Lets its ordered messages through one after the other. */
  get gate(): OrderGate {
    this.#gate ??= new OrderGate();
    return this.#gate;
  }

  /** The channel as it was when `record` was made; what was with handlers then has not been seen. */
  static restored(record: ReceivedRecord, journal?: ChannelJournal): ReceiveChannel {
    const { channel: name, epoch, floor, cum, marks } = record;
    const channel = new ReceiveChannel(name, epoch, undefined, journal);
    channel.#floor = floor;
    channel.#cum = cum;
    channel.#front = cum + 1;
    for (let index = 0; index < marks.length * MARKS_PER_BYTE; index++) {
      channel.#marks.set(floor + index, markAt(marks, index));
    }
    return channel;
  }

  /** What has to be kept for the channel to be `restored`. */
  record(): ReceivedRecord {
    const { name: channel, epoch } = this;
    const marks = new Uint8Array(this.#marks.count === 0 ? 0 : MARKS_SIZE);
    for (let index = 0; index < marks.length * MARKS_PER_BYTE; index++) {
      const mark = this.#marks.get(this.#floor + index);
      const isSettled = mark === HANDLED || mark === REFUSED;
      if (isSettled) marks[index >> 2]! |= mark << ((index & 3) * 2);
    }
    return { channel, epoch, floor: this.#floor, cum: this.#cum, marks };
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
    if (floor > this.#floor) this.#raiseFloor(floor);
    if (seq < this.#floor) return "abandoned";
    if (seq === this.#front) {
      this.#front += 1;
      if (this.#marks.count > 0) this.#passMarked();
      return "new";
    }
    return this.#judgeOther(seq, isOrdered);
  }

  /** A message has been handled; it is acknowledged now, and in a durable channel once that is durable. */
  settle(seq: number): void {
    if (this.#journal === undefined) this.handled(seq);
    else if (!this.#isOver) this.keepHandled(seq).catch(() => {}); // Whoever has the store hears of it.
  }

  /** A message has been handled, and is acknowledged: its effect is there. */
  handled(seq: number): void {
    this.#markHandled(seq);
    this.oweAck(seq);
  }

  /**
   * A message of a durable channel has been handled, and what `batch` has came of it. It is acknowledged once both
   * are durable, and never where that fails. Settles with the journal.
   *
   * @throws RnpError `SESSION_LOST` where its sender has begun another epoch since, and counts it as lost
   */
  keepHandled(seq: number, batch?: HandledBatch): Promise<void> {
    if (this.#isOver) throw sessionOver(this.name, this.epoch);
    this.#markHandled(seq);
    this.#undurable ??= new NumberList();
    this.#undurable.add(seq);
    return this.#journal!.keep(this.record(), batch).then(() => {
      this.#undurable?.delete(seq);
      if (this.#undurable?.isEmpty) this.#undurable = undefined;
      this.oweAck(seq);
    });
  }

  /** A message is refused for good, and its sender has been told by an `error`. */
  refuse(seq: number, code: ErrorCode): void {
    this.#mark(seq, REFUSED);
    this.#refusals ??= new Refusals();
    this.#refusals.note(seq, code);
  }

  /** A message is refused for now: its sender sends it again, and behind it what is ordered after it. */
  giveBack(seq: number, isOrdered: boolean): void {
    if (seq < this.#floor) return;
    if (isOrdered) this.#goBackTo(seq);
    else this.#marks.set(seq, seq < this.#front ? EXCEPTION : PLAIN);
  }

  /** Another epoch has begun: what becomes of the messages of this one changes nothing any more. */
  end(): void {
    this.#floor = Number.POSITIVE_INFINITY;
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
    const seq = Math.min(this.#cum, this.#firstUndurable - 1);
    const refused = this.#refusedUpTo(seq);
    const { name: channel, epoch } = this;
    const report = { channel, epoch, seq };
    return refused.length === 0 ? report : { ...report, refused };
  }

  #judgeOther(seq: number, isOrdered: boolean): Verdict {
    const mark = this.#marks.get(seq);
    if (mark === REFUSED) return "refused";
    if (this.#undurable?.has(seq)) return "in progress";
    if (mark === HANDLED || seq <= this.#cum) {
      this.oweAck(seq);
      return "duplicate";
    }
    if (seq < this.#front) {
      if (mark === PLAIN) return "in progress";
      this.#marks.set(seq, PLAIN);
      return "new";
    }
    if (mark === EXCEPTION) return "in progress";
    if (isOrdered) return "early";
    this.#marks.set(seq, EXCEPTION);
    return "new";
  }

  /** All up to here may be acknowledged at once. */
  get #acknowledgeable(): number {
    const untold = this.#refusals?.untold;
    const durable = Math.min(this.#cum, this.#firstUndurable - 1);
    return untold === undefined ? durable : Math.min(durable, Math.min(...untold) - 1);
  }

  get #isOver(): boolean {
    return this.#floor === Number.POSITIVE_INFINITY;
  }

  get #firstUndurable(): number {
    return this.#undurable?.first ?? Number.POSITIVE_INFINITY;
  }

  #markHandled(seq: number): void {
    if (seq === this.#cum + 1 && this.#marks.count === 0) this.#cum = seq;
    else this.#mark(seq, HANDLED);
  }

  #mark(seq: number, mark: Mark): void {
    if (seq < this.#floor) return; // Its sender has given it up meanwhile.
    this.#marks.set(seq, mark);
    this.#advance();
  }

  /** Moves `cum` over what is settled. */
  #advance(): void {
    for (let seq = this.#cum + 1; seq < this.#front; seq++) {
      const mark = this.#marks.get(seq);
      if (mark !== HANDLED && mark !== REFUSED) return;
      if (mark === HANDLED) this.#marks.set(seq, PLAIN);
      this.#cum = seq;
    }
  }

  /** Moves `front` over what has been seen out of order. */
  #passMarked(): void {
    for (let mark = this.#marks.get(this.#front); mark !== PLAIN; ) {
      if (mark === EXCEPTION) this.#marks.set(this.#front, PLAIN);
      this.#front += 1;
      mark = this.#marks.get(this.#front);
    }
  }

  #raiseFloor(floor: number): void {
    if (this.#marks.count > 0) {
      const end = Math.min(floor, this.#floor + WINDOW_COUNT);
      for (let seq = this.#floor; seq < end; seq++) {
        this.#marks.set(seq, PLAIN);
        this.#refusals?.forget(seq);
      }
    }
    this.#floor = floor;
    if (this.#cum < floor - 1) this.#cum = floor - 1;
    if (this.#front < floor) this.#front = floor;
    if (this.#marks.count === 0) return;
    this.#passMarked();
    this.#advance();
  }

  /** What is still on its way to the gate is given back when it gets there. */
  #goBackTo(seq: number): void {
    const dropped = this.gate.dropBehind(seq);
    for (let each = seq + 1; each < this.#front; each++) {
      const mark = this.#marks.get(each);
      if (mark === EXCEPTION) this.#marks.set(each, PLAIN);
      else if (mark === PLAIN && !dropped.has(each)) this.#marks.set(each, EXCEPTION);
    }
    this.#marks.set(seq, PLAIN);
    this.#front = seq;
  }

  #refusedUpTo(last: number): number[] {
    const refused: number[] = [];
    if (this.#marks.count === 0) return refused;
    for (let seq = this.#floor; seq <= last; seq++) {
      if (this.#marks.get(seq) === REFUSED) refused.push(seq);
    }
    return refused;
  }

  /** A new connection: of what was refused, the sender may not have heard. */
  #untellAll(): void {
    const refused = this.#refusedUpTo(this.#floor + WINDOW_COUNT - 1);
    if (refused.length === 0 && this.#refusals === undefined) return;
    this.#refusals ??= new Refusals();
    this.#refusals.untold = new Set(refused);
  }
}

const MARKS_PER_BYTE = 4;
/** For all channels that have to acknowledge, and nothing to name. */
const NONE: never[] = [];

function markAt(marks: Uint8Array, index: number): Mark {
  return ((marks[index >> 2]! >> ((index & 3) * 2)) & 3) as Mark;
}

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
