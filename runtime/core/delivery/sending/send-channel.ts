import type { RnpError } from "../../error.js";
import type { TrafficMeter } from "../../traffic-meter.js";
import { newSendState, type SendState } from "../records.js";
import { mayRunAgain } from "../second-run.js";
import { Attempts } from "./attempts.js";
import { Backlog } from "./backlog.js";
import { ChannelIds } from "./channel-ids.js";
import { Epochs } from "./epochs.js";
import { ChannelHeading } from "./heading.js";
import { Numbering } from "./numbering.js";
import { Outcomes } from "./outcomes.js";
import type { OutgoingMessage } from "./outgoing.js";
import type { Side } from "./reconcile.js";
import type { RetryBudget } from "./retry-budget.js";
import { backlogFull, gaveUpBefore, timedOut } from "./send-errors.js";
import type { SendLedger } from "./send-ledger.js";
import { SendWindow } from "./send-window.js";
import { Transmitter } from "./transmitter.js";
import type { ChannelReport, ChannelWire } from "./wire.js";

export interface SendChannelOptions {
  readonly name: string;
  /** The node that it leads to. */
  readonly peer: string;
  /** Above that of every channel of this name to this peer before. */
  readonly epoch: number;
  /** A random UUID, from which the ids of its messages are made. */
  readonly idSeed: string;
  /** A random UUID of this process, so that no other begins the same epoch; see `Epochs`. Default: `idSeed`. */
  readonly epochSeed?: string | undefined;
  readonly budget: RetryBudget;
  readonly meter: TrafficMeter;
  /**
   * Where it is written down, if its messages are in an outbox; it then goes on where that says. Default: nowhere,
   * and it ends with the process.
   */
  readonly ledger?: SendLedger | undefined;
  /** Whether its messages count as handled only once that is durable. Default `false`. */
  readonly isDurable?: boolean;
}

/**
 * The sending end of one channel: takes messages, numbers them, sends them in order, and keeps each until the
 * peer has settled it. It outlives connections; `attach` and `detach` say which one it is on.
 *
 * - A number is given when a message is first sent, so what never left leaves no gap; only what is in an outbox
 *   has one before, see `Numbering`.
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
  /** Whether its messages count as handled only once that is durable. */
  readonly isDurable: boolean;
  readonly #options: SendChannelOptions;
  readonly #ids: ChannelIds;
  /** Sent at least once and not settled, by number. */
  readonly #window = new SendWindow();
  /** Not sent yet. */
  readonly #backlog = new Backlog();
  readonly #numbering: Numbering;
  readonly #outcomes: Outcomes;
  readonly #attempts: Attempts;
  readonly #epochs: Epochs;
  readonly #transmitter: Transmitter;
  /** When the peer acknowledged something last: what that makes room for leaves then. */
  #acknowledgedAt = 0;

  constructor(options: SendChannelOptions) {
    const { name, peer, idSeed, epochSeed = idSeed, budget, ledger, isDurable = false } = options;
    const state = ledger?.kept ?? newSendState(options.epoch);
    const [window, backlog] = [this.#window, this.#backlog];
    const moved = () => this.#keep();
    const ids = new ChannelIds(idSeed);
    const heading = new ChannelHeading(name, state.epoch, isDurable, ids);
    const numbering = new Numbering(window, state.base, moved);
    const outcomes = new Outcomes(options, window, backlog);
    const attempts = new Attempts({ peer, budget, window, backlog, outcomes });
    const shared = { heading, numbering, window, backlog, outcomes, attempts };
    this.name = name;
    this.isDurable = isDurable;
    this.#options = options;
    this.#ids = ids;
    this.#numbering = numbering;
    this.#outcomes = outcomes;
    this.#attempts = attempts;
    const forgotten = (by: Side) => void (isDurable && ledger?.forgotten(by));
    this.#epochs = new Epochs({
      ...{ ...shared, name, peer, state, moved, forgotten },
      stride: Number.parseInt(epochSeed.slice(0, 4), 16),
    });
    this.#transmitter = new Transmitter(shared);
    ledger?.bind(() => this.#state);
    if (ledger !== undefined) this.#restore(ledger);
  }

  get epoch(): number {
    return this.#epochs.present;
  }

  get isAttached(): boolean {
    return this.#transmitter.isAttached;
  }

  /** Messages that are sent and not settled. */
  get unsettledCount(): number {
    return this.#window.count;
  }

  /** Whether nothing at all waits here. */
  get isEmpty(): boolean {
    return this.#window.count === 0 && this.#backlog.isEmpty;
  }

  /** When to call `handleTimeout`. */
  get wakeAt(): number {
    return this.#attempts.wakeAt;
  }

  /**
   * Takes a message; it leaves now, or when there is room. Its token hears what became of it, within its time.
   *
   * @throws RnpError `BACKPRESSURE` where too many wait already, `PROTOCOL_ERROR` where the data of one that
   *   could leave at once breaks its schema; it was then not taken
   */
  accept(now: number, message: OutgoingMessage): void {
    const waits = message.isKept || !this.#transmitter.sendAtOnce(now, message);
    if (waits) this.#enqueue(now, message);
    this.#attempts.watch(message);
  }

  /**
   * The channel is on a connection. Settles what the peer says that it has, and sends the rest again.
   *
   * @param report what its greeting says of this channel; `undefined`: nothing
   * @param peerMemory what the peer remembers this channel with: its store, or this life of its process
   * @param beganAt when the connection began. Default: just now
   */
  attach(
    now: number,
    wire: ChannelWire,
    report: ChannelReport | undefined,
    peerMemory: string | undefined,
    beganAt: number = now,
  ): void {
    this.#transmitter.attach(wire);
    this.#attempts.unpause();
    this.#epochs.greeted(now, report, peerMemory, beganAt);
    this.#window.beginConnection();
    this.#transmitter.pump(now);
  }

  /** The connection was lost: an attempt has failed for all that was sent on it. */
  detach(now: number, error: RnpError): void {
    if (!this.isAttached) return;
    this.#transmitter.detach();
    this.#epochs.parted(now);
    this.#attempts.connectionLost(now, error);
  }

  /** No connection could be opened: an attempt has failed for all that waits. */
  connectFailed(now: number, error: RnpError): void {
    this.#attempts.connectFailed(now, error);
  }

  /**
   * The peer acknowledges: all up to `seq`, and those `beyond` it.
   *
   * @throws RnpError `PROTOCOL_ERROR` where it acknowledges what was never sent
   */
  acknowledged(now: number, epoch: number, seq: number, beyond: readonly number[] = []): void {
    if (epoch !== this.epoch) return;
    this.#acknowledgedAt = now;
    const before = this.#window.count;
    this.#epochs.acknowledged(now, seq, beyond);
    this.#options.budget.succeeded(before - this.#window.count);
  }

  /** Sends what there is room for; called after `acknowledged`, once for as many as have come. */
  pump(): void {
    this.#transmitter.pump(this.#acknowledgedAt);
  }

  /** The peer has refused the message with this id. `false`: it is none of this channel. */
  refused(now: number, id: string, error: RnpError): boolean {
    const count = this.#ids.countOf(id);
    if (count === undefined) return false;
    const message = this.#window.messages().find((each) => each.count === count);
    if (message !== undefined) this.#refused(now, message, error);
    this.#transmitter.pump(now);
    return true;
  }

  /** Nobody waits for a message any more. `true`: it never left and nobody will ever see it. */
  cancel(now: number, message: OutgoingMessage): boolean {
    if (message.isOver) return false;
    this.#outcomes.withdrawn(message);
    this.#transmitter.pump(now);
    return message.fate === "unsent" && !message.isHaunted;
  }

  handleTimeout(now: number): void {
    this.#attempts.handleTimeout(now);
    this.#transmitter.pump(now);
  }

  /** The peer cannot do what was promised. What nobody waits for stays, as the peer may be able to later. */
  refuseAwaited(error: RnpError): void {
    for (const message of this.#all()) {
      if (!message.isPatient) this.#outcomes.givenUp(message, error);
    }
  }

  /** Gives up everything, for the reason that `error` says. */
  close(error: RnpError): void {
    for (const message of this.#all()) this.#outcomes.givenUp(message, error);
  }

  /**
   * Takes out all that waits, oldest first, for a peer that knows no channels. Those of which a copy may have
   * been handled are to be given as unknown, whatever becomes of the next.
   */
  takeAll(): OutgoingMessage[] {
    const all = this.#all();
    for (const message of all) {
      message.isHaunted = message.mayHaveRun;
      this.#outcomes.withdrawn(message);
    }
    return all;
  }

  get #state(): SendState {
    const { present: epoch, progress, memory } = this.#epochs;
    const { acked, highest } = progress;
    return { epoch, base: this.#numbering.base, acked, highest, memory };
  }

  /** Nothing leaves until it is written down where the channel stands. */
  #keep(): void {
    const { ledger } = this.#options;
    if (ledger !== undefined) this.#transmitter.hold(ledger.keep());
  }

  /** Of what an earlier process left, any may have left that. */
  #restore(ledger: SendLedger): void {
    const { next, memory } = ledger.kept;
    const messages = ledger.takeLeft();
    for (const message of messages) this.#attempts.watch(message);
    // No memory: no connection was ever made.
    if (memory === undefined) return this.#backlog.putFirst(messages);
    const placed: OutgoingMessage[] = [];
    for (const message of messages) {
      message.seq = this.#numbering.placeOf(message);
      message.count = message.number;
      if (message.seq >= 1) placed.push(message);
      else this.#giveUpLate(message);
    }
    this.#window.restore(next - this.#numbering.base, placed);
  }

  /** The epoch began behind it: the earlier process had given it up, and crashed before that was written down. */
  #giveUpLate(message: OutgoingMessage): void {
    message.isOver = true;
    message.token.failed(gaveUpBefore(message, this.#options.peer));
  }

  #enqueue(now: number, message: OutgoingMessage): void {
    const { name, peer } = this.#options;
    if (this.#backlog.isFull) throw backlogFull(name, peer, this.#backlog.size);
    this.#backlog.push(message);
    // It may have taken long to write it down.
    if (message.giveUpAt <= now) this.#outcomes.givenUp(message, timedOut(message, peer));
    this.#transmitter.pump(now);
  }

  #refused(now: number, message: OutgoingMessage, error: RnpError): void {
    if (error.code === "SESSION_LOST") return this.#epochs.sessionLost(error);
    if (mayRunAgain(message.promise, error)) return this.#attempts.refused(now, message, error);
    this.#epochs.rejected(message, error);
  }

  #all(): OutgoingMessage[] {
    return [...this.#window.messages(), ...this.#backlog.waiting()];
  }
}
