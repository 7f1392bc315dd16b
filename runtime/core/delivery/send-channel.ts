import { RnpError, toRnpError } from "../error.js";
import { retryDelayMs } from "../retry.js";
import type { TrafficMeter } from "../traffic-meter.js";
import { Backlog } from "./backlog.js";
import { ChannelIds } from "./channel-ids.js";
import { ChannelHeading } from "./heading.js";
import type { OutgoingMessage } from "./outgoing.js";
import type { SendRecord } from "./records.js";
import type { RetryBudget } from "./retry-budget.js";
import { SequenceRing } from "./sequence-ring.js";
import { WINDOW_COUNT, WINDOW_SIZE } from "./window.js";
import type { ChannelReport, ChannelWire } from "./wire.js";

export interface SendChannelOptions {
  readonly name: string;
  /** The node that it leads to. */
  readonly peer: string;
  /** Above that of every channel of this name to this peer before. */
  readonly epoch: number;
  /** A random UUID, from which the ids of its messages are made. */
  readonly idSeed: string;
  readonly budget: RetryBudget;
  readonly meter: TrafficMeter;
}

const NEVER = Number.POSITIVE_INFINITY;

/**
 * The sending end of one channel: takes messages, numbers them, sends them in order, and keeps each until the
 * peer has settled it. It outlives connections; `attach` and `detach` say which one it is on.
 *
 * - A number is given when a message is first sent, so what never left leaves no gap.
 * - While a connection lives, nothing is sent on it twice unless the peer refused it: TCP loses nothing, and a
 *   second copy behind the first would only lengthen the queue in which both wait.
 * - After a connection was lost, what is unacknowledged is sent again, in order, before anything new.
 * - A message of an ordered type that the peer refused for now stops the channel: the peer drops what follows
 *   it, and all of that is sent again behind it.
 * - What is given up may leave a gap below messages that still count. The peer is told of gaps by the floor
 *   alone, so ordered messages behind a gap wait until all before it are settled.
 */
export class SendChannel {
  readonly name: string;
  readonly #options: SendChannelOptions;
  readonly #ids: ChannelIds;
  readonly #heading: ChannelHeading;
  /** Sent at least once and not settled, by number. */
  readonly #window = new SequenceRing<OutgoingMessage>();
  /** Not sent yet. */
  readonly #backlog = new Backlog();
  readonly #wake = () => this.#roomHasCome();
  #epoch: number;
  /** The number of the next message that is sent for the first time. */
  #next = 1;
  /** The lowest number that is not settled. */
  #floor = 1;
  /** Below it, everything that is to be sent on this connection has been. */
  #cursor = 1;
  #count = 0;
  /** Messages and bytes in the window. */
  #unsettled = 0;
  #unsettledSize = 0;
  /** The highest number that was acknowledged cumulatively. */
  #acked = 0;
  /** Whether the peer has settled anything of this epoch. */
  #isHeard = false;
  /** The highest number that was given up. */
  #abandoned = 0;
  /** The same for the peer of this connection: it has not seen that number. */
  #gap = 0;
  #wire: ChannelWire | undefined;
  #awaitsRoom = false;
  #peerBootEpochMs: number | undefined;
  #pausedUntil = 0;
  #retryAt = NEVER;
  #deadlineAt = NEVER;
  #now = 0;

  constructor(options: SendChannelOptions) {
    this.name = options.name;
    this.#options = options;
    this.#epoch = options.epoch;
    this.#ids = new ChannelIds(options.idSeed);
    this.#heading = new ChannelHeading(options.name, options.epoch, this.#ids);
  }

  /**
   * The channel as it was when `record` was made, though without a connection. What may have left by then may have
   * been handled.
   */
  static restored(
    options: Omit<SendChannelOptions, "epoch" | "idSeed">,
    kept: SendRecord,
  ): SendChannel {
    const { epoch, idSeed, next, count, messages } = kept;
    const channel = new SendChannel({ ...options, epoch, idSeed });
    channel.#next = next;
    channel.#count = count;
    channel.#floor = messages[0]?.seq ?? next;
    channel.#acked = channel.#floor - 1;
    channel.#isHeard = channel.#floor > 1;
    for (const message of messages) channel.#keep(message);
    return channel;
  }

  /** What has to be kept for the channel to be `restored`. */
  record(): SendRecord {
    const { idSeed } = this.#options;
    const messages = this.#inWindow();
    return { epoch: this.#epoch, idSeed, next: this.#next, count: this.#count, messages };
  }

  get epoch(): number {
    return this.#epoch;
  }

  get isAttached(): boolean {
    return this.#wire !== undefined;
  }

  /** Messages that are sent and not settled. */
  get unsettledCount(): number {
    return this.#unsettled;
  }

  /** Whether nothing at all waits here. */
  get isEmpty(): boolean {
    return this.#unsettled === 0 && this.#backlog.isEmpty;
  }

  /** When to call `handleTimeout`. */
  get wakeAt(): number {
    const paused = this.#pausedUntil === 0 ? NEVER : this.#pausedUntil;
    return Math.min(this.#deadlineAt, this.#retryAt, paused);
  }

  /**
   * Takes a message; it leaves now, or when there is room. Its token hears what became of it, within its time.
   *
   * @throws RnpError `BACKPRESSURE` where too many wait already, `PROTOCOL_ERROR` where the data of one that
   *   could leave at once breaks its schema; it was then not taken
   */
  accept(now: number, message: OutgoingMessage): void {
    this.#now = now;
    if (this.#canSendNew()) {
      this.#sendNew(this.#wire!, message);
    } else {
      if (this.#backlog.isFull) throw this.#full();
      this.#backlog.push(message);
      this.#pump();
    }
    if (message.giveUpAt < this.#deadlineAt) this.#deadlineAt = message.giveUpAt;
  }

  /**
   * The channel is on a connection. Settles what the peer says that it has, and sends the rest again.
   *
   * @param report what its greeting says of this channel; `undefined`: nothing
   * @param peerBootEpochMs which life of the peer it is
   */
  attach(
    now: number,
    wire: ChannelWire,
    report: ChannelReport | undefined,
    peerBootEpochMs: number | undefined,
  ): void {
    this.#now = now;
    this.#wire = wire;
    this.#awaitsRoom = false;
    this.#pausedUntil = 0;
    if (this.#next > 1) this.#reconcile(report, peerBootEpochMs);
    else if (report !== undefined && report.epoch >= this.#epoch) this.#begin(report.epoch + 1);
    this.#peerBootEpochMs = peerBootEpochMs;
    this.#cursor = this.#floor;
    this.#gap = this.#abandoned;
    this.#pump();
  }

  /** The connection was lost: an attempt has failed for all that was sent on it. */
  detach(now: number, error: RnpError): void {
    if (this.#wire === undefined) return;
    this.#now = now;
    this.#wire = undefined;
    this.#pausedUntil = 0;
    const failed = this.#inWindow().filter(({ isSent }) => isSent);
    if (failed.length > 0) this.#options.budget.failed();
    for (const message of failed) {
      message.isSent = false;
      message.hasStray = true;
      this.#attemptFailed(message, error);
    }
  }

  /** No connection could be opened: an attempt has failed for all that waits. */
  connectFailed(now: number, error: RnpError): void {
    this.#now = now;
    for (const message of this.#all()) {
      if (error.retryable) this.#attemptFailed(message, error);
      else this.#giveUp(message, error);
    }
  }

  /**
   * The peer acknowledges: all up to `seq`, and those `beyond` it.
   *
   * @throws RnpError `PROTOCOL_ERROR` where it acknowledges what was never sent
   */
  acknowledged(now: number, epoch: number, seq: number, beyond: readonly number[] = []): void {
    if (epoch !== this.#epoch) return;
    this.#now = now;
    this.#assertSent(seq);
    const before = this.#unsettled;
    for (let each = this.#floor; each <= seq; each++) this.#settle(each);
    for (const each of beyond) {
      this.#assertSent(each);
      this.#settle(each);
    }
    if (seq > this.#acked) this.#acked = seq;
    this.#isHeard = true;
    this.#options.budget.succeeded(before - this.#unsettled);
    this.#raiseFloor();
  }

  /** Sends what there is room for; called after `acknowledged`, once for as many as have come. */
  pump(): void {
    this.#pump();
  }

  /** The peer has refused the message with this id. `false`: it is none of this channel. */
  refused(now: number, id: string, error: RnpError): boolean {
    const count = this.#ids.countOf(id);
    if (count === undefined) return false;
    this.#now = now;
    const message = this.#inWindow().find((each) => each.count === count);
    if (message !== undefined) this.#refused(message, error);
    this.#pump();
    return true;
  }

  /** Nobody waits for a message any more. `true`: it never left and nobody will ever see it. */
  cancel(now: number, message: OutgoingMessage): boolean {
    this.#now = now;
    if (message.isOver) return false;
    this.#forget(message);
    this.#pump();
    return message.fate === "unsent" && !message.isHaunted;
  }

  handleTimeout(now: number): void {
    this.#now = now;
    if (now >= this.#pausedUntil) this.#pausedUntil = 0;
    if (now >= this.#retryAt) this.#retryDue();
    if (now >= this.#deadlineAt) this.#failOverdue();
    this.#pump();
  }

  /** Gives up everything, for the reason that `error` says. */
  close(now: number, error: RnpError): void {
    this.#now = now;
    for (const message of this.#all()) this.#giveUp(message, error);
  }

  /**
   * Takes out all that waits, oldest first, for a peer that knows no channels. Those of which a copy may have
   * been handled are to be given as unknown, whatever becomes of the next.
   */
  takeAll(): OutgoingMessage[] {
    const all = this.#all();
    for (const message of all) {
      message.isHaunted = message.mayHaveRun;
      this.#forget(message);
    }
    return all;
  }

  #keep(message: OutgoingMessage): void {
    message.fate = "out";
    message.hasStray = true;
    message.isSent = false;
    message.retryAt = 0;
    this.#window.set(message.seq, message, this.#floor);
    this.#unsettled += 1;
    this.#unsettledSize += message.size;
    this.#deadlineAt = Math.min(this.#deadlineAt, message.giveUpAt);
  }

  // Sending.

  #canSendNew(): boolean {
    return (
      this.#wire?.hasRoom === true &&
      this.#backlog.isEmpty &&
      this.#cursor === this.#next &&
      this.#gap < this.#floor &&
      this.#pausedUntil === 0 &&
      this.#hasWindow
    );
  }

  get #hasWindow(): boolean {
    return this.#next - this.#floor < WINDOW_COUNT && this.#unsettledSize < WINDOW_SIZE;
  }

  #roomHasCome(): void {
    this.#awaitsRoom = false;
    this.#pump();
  }

  #pump(): void {
    const wire = this.#wire;
    if (wire === undefined || this.#pausedUntil > 0) return;
    while (wire.hasRoom) {
      if (!this.#sendAgain(wire) && !this.#sendFromBacklog(wire)) return;
    }
    if (this.#awaitsRoom || (this.#cursor === this.#next && this.#backlog.isEmpty)) return;
    this.#awaitsRoom = true;
    wire.awaitRoom(this.#wake);
  }

  /** Sends the next message that has been sent before and is to be again. `false`: there is none now. */
  #sendAgain(wire: ChannelWire): boolean {
    for (; this.#cursor < this.#next; this.#cursor++) {
      const message = this.#window.get(this.#cursor);
      if (message === undefined || message.isSent || message.retryAt > 0) continue;
      if (message.type.isOrdered && this.#isBehindGap(this.#cursor)) return false;
      this.#cursor += 1;
      this.#transmitAgain(wire, message);
      return true;
    }
    return false;
  }

  #sendFromBacklog(wire: ChannelWire): boolean {
    if (this.#cursor < this.#next || !this.#hasWindow) return false;
    const message = this.#backlog.first();
    if (message === undefined || (message.type.isOrdered && this.#isBehindGap(this.#next))) {
      return false;
    }
    this.#backlog.shift();
    try {
      this.#sendNew(wire, message);
    } catch (thrown) {
      message.isOver = true;
      this.#fail(message, toRnpError(thrown), message.isHaunted ? "unknown" : "not-delivered");
    }
    return true;
  }

  /** Whether the peer misses a message before this one, and cannot know yet that it need not wait. */
  #isBehindGap(seq: number): boolean {
    return this.#gap >= this.#floor && this.#gap < seq;
  }

  #sendNew(wire: ChannelWire, message: OutgoingMessage): void {
    const seq = this.#next;
    message.seq = seq;
    if (message.count === 0) message.count = this.#count + 1;
    try {
      this.#transmit(wire, message);
    } catch (thrown) {
      message.seq = 0;
      throw thrown;
    }
    this.#count = Math.max(this.#count, message.count);
    this.#window.set(seq, message, this.#floor);
    this.#next = seq + 1;
    this.#cursor = seq + 1;
    this.#unsettled += 1;
    this.#unsettledSize += message.size;
  }

  #transmitAgain(wire: ChannelWire, message: OutgoingMessage): void {
    const { size } = message;
    try {
      this.#transmit(wire, message);
      this.#unsettledSize += message.size - size;
    } catch (thrown) {
      this.#giveUp(message, toRnpError(thrown)); // Its data has been changed since.
    }
  }

  #transmit(wire: ChannelWire, message: OutgoingMessage): void {
    const heading = this.#heading;
    heading.meta = message.meta;
    heading.count = message.count;
    heading.seq = message.seq;
    heading.floor = this.#floor;
    message.size = wire.transmit(message.type, message.data, heading);
    message.sentAt = this.#now;
    message.fate = "out";
    message.isSent = true;
  }

  // What comes back.

  #assertSent(seq: number): void {
    if (seq < this.#next) return;
    const { name } = this;
    const text = `channel ${name}: expected an ack of at most ${this.#next - 1}, got ${seq}`;
    throw new RnpError("PROTOCOL_ERROR", text, {
      details: { expected: `at most ${this.#next - 1}`, got: String(seq) },
      outcome: "rejected",
    });
  }

  #settle(seq: number): void {
    const message = this.#window.get(seq);
    if (message === undefined || message.seq !== seq) return;
    this.#takeOut(message);
    const { meter } = this.#options;
    meter.of(message.type.type).roundTrip.record(this.#now - message.sentAt);
    message.token.settled(undefined);
  }

  #refused(message: OutgoingMessage, error: RnpError): void {
    const { budget } = this.#options;
    if (error.code === "SESSION_LOST") return this.#sessionLost(error);
    if (!mayTryAgain(message, error)) {
      this.#isHeard = true;
      this.#takeOut(message);
      this.#fail(message, error, message.isHaunted ? "unknown" : error.outcome);
      return this.#raiseFloor();
    }
    budget.failed();
    message.isSent = false;
    message.fate = "refused";
    this.#attemptFailed(message, error);
    if (message.type.isOrdered) this.#goBackTo(message);
  }

  /** The peer drops what follows a message that it refused for now, so all of it is sent again. */
  #goBackTo(refused: OutgoingMessage): void {
    for (const message of this.#inWindow()) {
      if (message.seq > refused.seq && message.type.isOrdered) message.isSent = false;
    }
    this.#cursor = Math.max(this.#floor, Math.min(this.#cursor, refused.seq));
    if (refused.isOver) return;
    this.#pausedUntil = refused.retryAt;
    refused.retryAt = 0;
  }

  /** One attempt has failed, in a way that another may mend. */
  #attemptFailed(message: OutgoingMessage, error: RnpError): void {
    message.failureCount += 1;
    const delayMs = retryDelayMs(message.failureCount);
    const mayRetry = message.fate === "unsent" || this.#options.budget.allowsRetry;
    if (delayMs === undefined || !mayRetry) return this.#giveUp(message, error);
    if (message.fate !== "refused") return;
    const retryAt = this.#now + Math.max(delayMs, error.retryAfterMs ?? 0);
    if (retryAt >= message.giveUpAt) return this.#giveUp(message, error);
    message.retryAt = retryAt;
    if (!message.type.isOrdered) this.#retryAt = Math.min(this.#retryAt, retryAt);
  }

  #retryDue(): void {
    this.#retryAt = NEVER;
    for (const message of this.#inWindow()) {
      if (message.retryAt === 0) continue;
      if (message.retryAt > this.#now) this.#retryAt = Math.min(this.#retryAt, message.retryAt);
      else {
        message.retryAt = 0;
        this.#cursor = Math.min(this.#cursor, message.seq);
      }
    }
  }

  #failOverdue(): void {
    this.#deadlineAt = NEVER;
    for (const message of this.#all()) {
      if (message.giveUpAt <= this.#now) this.#giveUp(message, this.#timedOut(message));
      else this.#deadlineAt = Math.min(this.#deadlineAt, message.giveUpAt);
    }
  }

  /** No further attempt is made. The peer may still handle what is with it, but never a copy that comes later. */
  #giveUp(message: OutgoingMessage, error: RnpError): void {
    if (message.isOver) return;
    const outcome = message.fate === "refused" ? error.outcome : "not-delivered";
    this.#forget(message);
    this.#fail(message, error, message.mayHaveRun ? "unknown" : outcome);
  }

  #forget(message: OutgoingMessage): void {
    if (message.seq === 0) {
      message.isOver = true;
      return this.#backlog.dropOver();
    }
    this.#abandoned = Math.max(this.#abandoned, message.seq);
    if (!message.isSent) this.#gap = Math.max(this.#gap, message.seq);
    this.#takeOut(message);
    this.#raiseFloor();
  }

  #fail({ token }: OutgoingMessage, error: RnpError, outcome: RnpError["outcome"]): void {
    token.failed(error.with({ outcome, peer: this.#options.peer }));
  }

  #takeOut(message: OutgoingMessage): void {
    message.isOver = true;
    this.#window.delete(message.seq);
    this.#unsettled -= 1;
    this.#unsettledSize -= message.size;
  }

  #raiseFloor(): void {
    while (this.#floor < this.#next && this.#window.get(this.#floor) === undefined) {
      this.#floor += 1;
    }
    if (this.#cursor < this.#floor) this.#cursor = this.#floor;
  }

  // Epochs.

  /** Holds what the peer knows of the channel against what we know. */
  #reconcile(report: ChannelReport | undefined, peerBootEpochMs: number | undefined): void {
    if (report === undefined || report.epoch < this.#epoch || report.lost === true) {
      const isSameLife = peerBootEpochMs !== undefined && peerBootEpochMs === this.#peerBootEpochMs;
      // The same process, which has not heard of the channel: nothing has arrived.
      if (isSameLife && !this.#isHeard && this.#floor === 1 && report?.lost !== true) return;
      return this.#restart(this.#epoch + 1);
    }
    const isBehind = report.seq < this.#acked;
    const isAhead = report.epoch > this.#epoch || report.seq >= this.#next;
    if (isBehind || isAhead) return this.#restart(report.epoch + 1);
    this.#settleReported(report);
  }

  /** Those that were refused are sent again: the peer then says why. */
  #settleReported({ seq, refused = [] }: ChannelReport): void {
    const unknown = new Set(refused);
    for (let each = this.#floor; each <= seq; each++) if (!unknown.has(each)) this.#settle(each);
    if (seq > 0) this.#isHeard = true;
    this.#raiseFloor();
  }

  /** Several messages may have been refused for it; the first begins the new epoch. */
  #sessionLost({ details }: RnpError): void {
    const epoch = (details as { epoch?: number } | undefined)?.epoch;
    if (epoch === undefined || epoch === this.#epoch) this.#restart(this.#epoch + 1);
  }

  /**
   * The peer has forgotten what it handled. What was promised at-least-once is sent again under new numbers;
   * what was promised to run once is not, unless it certainly has not run.
   */
  #restart(epoch: number): void {
    const unsettled = this.#inWindow();
    for (const message of unsettled) {
      if (message.promise !== "at-least-once" && message.mayHaveRun) {
        this.#giveUp(message, this.#lost());
      }
    }
    const rest = unsettled.filter(({ isOver }) => !isOver);
    this.#begin(epoch);
    for (const message of rest) this.#renumber(message);
    this.#cursor = 1;
  }

  #begin(epoch: number): void {
    this.#epoch = epoch;
    this.#heading.restart(this.name, epoch);
    this.#window.clear();
    this.#next = 1;
    this.#floor = 1;
    this.#cursor = 1;
    this.#acked = 0;
    this.#abandoned = 0;
    this.#gap = 0;
    this.#isHeard = false;
    this.#pausedUntil = 0;
  }

  #renumber(message: OutgoingMessage): void {
    message.isHaunted = message.mayHaveRun;
    message.hasStray = false;
    message.fate = "unsent";
    message.isSent = false;
    message.retryAt = 0;
    message.seq = this.#next;
    this.#window.set(message.seq, message, this.#floor);
    this.#next += 1;
  }

  /** Sent and not settled, in order. */
  #inWindow(): OutgoingMessage[] {
    const found: OutgoingMessage[] = [];
    for (let seq = this.#floor; seq < this.#next; seq++) {
      const message = this.#window.get(seq);
      if (message !== undefined) found.push(message);
    }
    return found;
  }

  #all(): OutgoingMessage[] {
    return [...this.#inWindow(), ...this.#backlog.waiting()];
  }

  // What is said of failures.

  #timedOut({ type, fate }: OutgoingMessage): RnpError {
    const { peer } = this.#options;
    const text =
      fate === "unsent"
        ? `${type.type} could not be sent to ${peer} in time`
        : `${peer} did not acknowledge ${type.type} in time`;
    return new RnpError("TIMEOUT", text);
  }

  #lost(): RnpError {
    const { peer } = this.#options;
    const text = `${peer} has forgotten what it handled in channel ${this.name}; look before you send it again`;
    return new RnpError("SESSION_LOST", text, {
      details: { channel: this.name, epoch: this.#epoch },
    });
  }

  #full(): RnpError {
    const { peer } = this.#options;
    const details = { queued_messages: this.#backlog.size };
    const text = `${this.#backlog.size} messages wait in channel ${this.name} to ${peer}; await each send`;
    return new RnpError("BACKPRESSURE", text, { details, peer });
  }
}

/** An error that leaves open whether the handler acted is the end of what may run only once. */
function mayTryAgain({ promise }: OutgoingMessage, { retryable, outcome }: RnpError): boolean {
  return retryable && (promise === "at-least-once" || outcome !== "unknown");
}
