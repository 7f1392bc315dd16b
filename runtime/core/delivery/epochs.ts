import type { RnpError } from "../error.js";
import type { Attempts } from "./attempts.js";
import type { ChannelHeading } from "./heading.js";
import type { Outcomes } from "./outcomes.js";
import type { OutgoingMessage } from "./outgoing.js";
import { reconcile } from "./reconcile.js";
import { forgotten, neverSent } from "./send-errors.js";
import type { SendWindow } from "./send-window.js";
import type { ChannelReport } from "./wire.js";

export interface EpochsOptions {
  readonly name: string;
  readonly peer: string;
  /** The first epoch. */
  readonly epoch: number;
  readonly heading: ChannelHeading;
  readonly window: SendWindow;
  readonly outcomes: Outcomes;
  readonly attempts: Attempts;
}

/**
 * The epochs of a sending channel: what the peer is known to remember of the present one, and the next one when
 * either side has forgotten.
 */
export class Epochs {
  readonly #options: EpochsOptions;
  #present: number;
  /** The highest number that was acknowledged cumulatively. */
  #acked = 0;
  /** Whether the peer has settled anything of this epoch. */
  #isHeard = false;
  #peerBootEpochMs: number | undefined;
  /** When the newest connection that it took had begun, and when it lost one last. */
  #beganAt = Number.NEGATIVE_INFINITY;
  #lostAt = Number.NEGATIVE_INFINITY;

  constructor(options: EpochsOptions) {
    this.#options = options;
    this.#present = options.epoch;
  }

  get present(): number {
    return this.#present;
  }

  /** In an earlier life of this process all up to `seq` was settled. */
  restore(seq: number): void {
    this.#acked = seq;
    this.#isHeard = seq > 0;
  }

  /**
   * The peer has handled all up to `seq`, and those `beyond` it.
   *
   * @throws RnpError `PROTOCOL_ERROR` where one of them was never sent
   */
  acknowledged(now: number, seq: number, beyond: readonly number[]): void {
    const { window, outcomes } = this.#options;
    this.#assertSent(seq);
    for (let each = window.floor; each <= seq; each++) outcomes.delivered(now, each);
    for (const each of beyond) {
      this.#assertSent(each);
      outcomes.delivered(now, each);
    }
    if (seq > this.#acked) this.#acked = seq;
    this.#isHeard = true;
    window.raiseFloor();
  }

  /** The peer has refused a message for good: it remembers this epoch. */
  rejected(message: OutgoingMessage, error: RnpError): void {
    this.#isHeard = true;
    this.#options.outcomes.rejected(message, error);
  }

  /** The connection is lost; another that was open by then knows less than was learnt by this one. */
  parted(now: number): void {
    this.#lostAt = now;
  }

  /**
   * The channel takes a connection: settles what the peer says that it has, or begins another epoch.
   *
   * @param beganAt when the connection began: it may have been open for long, and the greeting is as old
   */
  greeted(
    now: number,
    report: ChannelReport | undefined,
    peerBootEpochMs: number | undefined,
    beganAt: number,
  ): void {
    const before = this.#peerBootEpochMs;
    const isSameLife = before !== undefined && before === peerBootEpochMs;
    const isStale = beganAt < this.#beganAt || (isSameLife && beganAt < this.#lostAt);
    if (isStale) return this.#confirm(now, report);
    this.#beganAt = beganAt;
    this.#peerBootEpochMs = peerBootEpochMs;
    const { next, floor } = this.#options.window;
    const [epoch, acked, isHeard] = [this.#present, this.#acked, this.#isHeard];
    const met = reconcile({ epoch, next, floor, acked, isHeard, isSameLife }, report);
    if (met.kind === "delivered") this.#settle(now, met.seq, met.refused);
    else if (met.kind === "restart") this.#restart(met.epoch);
  }

  /** Several messages may have been refused for it; the first begins the new epoch. */
  sessionLost({ details }: RnpError): void {
    const epoch = (details as { epoch?: number } | undefined)?.epoch;
    if (epoch === undefined || epoch === this.#present) this.#restart(this.#present + 1);
  }

  #assertSent(seq: number): void {
    const { name, window } = this.#options;
    if (seq >= window.next) throw neverSent(name, window.next - 1, seq);
  }

  /** What a peer had by then it still has; what it has forgotten since, an old greeting does not tell. */
  #confirm(now: number, report: ChannelReport | undefined): void {
    if (report?.epoch !== this.#present || report.seq >= this.#options.window.next) return;
    this.#settle(now, report.seq, report.refused ?? []);
  }

  /** Those that were refused are sent again: the peer then says why. */
  #settle(now: number, seq: number, refused: readonly number[]): void {
    const { window, outcomes } = this.#options;
    const unknown = new Set(refused);
    for (let each = window.floor; each <= seq; each++) {
      if (!unknown.has(each)) outcomes.delivered(now, each);
    }
    if (seq > 0) this.#isHeard = true;
    window.raiseFloor();
  }

  /**
   * The peer has forgotten what it handled. What was promised at-least-once is sent again under new numbers;
   * what was promised to run once is not, unless it certainly has not run.
   */
  #restart(epoch: number): void {
    const { name, peer, heading, window, outcomes, attempts } = this.#options;
    const unsettled = window.messages();
    for (const message of unsettled) {
      if (message.promise === "at-least-once" || !message.mayHaveRun) continue;
      outcomes.givenUp(message, forgotten(name, this.#present, peer));
    }
    this.#present = epoch;
    this.#acked = 0;
    this.#isHeard = false;
    heading.restart(name, epoch);
    attempts.unpause();
    const left = unsettled.filter(({ isOver }) => !isOver);
    for (const message of left) forgetCopies(message);
    window.beginEpoch(left);
  }
}

/** Nobody tells the copies of an earlier epoch from the message any more. */
function forgetCopies(message: OutgoingMessage): void {
  message.isHaunted = message.mayHaveRun;
  message.hasStray = false;
  message.fate = "unsent";
  message.isSent = false;
  message.retryAt = 0;
}
