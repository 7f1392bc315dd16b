import type { RnpError } from "../../error.js";
import type { SendState } from "../records.js";
import type { Attempts } from "./attempts.js";
import type { Backlog } from "./backlog.js";
import type { ChannelHeading } from "./heading.js";
import type { Numbering } from "./numbering.js";
import type { Outcomes } from "./outcomes.js";
import type { OutgoingMessage } from "./outgoing.js";
import { PeerProgress } from "./peer-progress.js";
import { hasNeverSent, reconcile, type Side } from "./reconcile.js";
import { neverSent, sessionLost } from "./send-errors.js";
import type { SendWindow } from "./send-window.js";
import type { ChannelReport } from "./wire.js";

export interface EpochsOptions {
  readonly name: string;
  readonly peer: string;
  /** The first epoch, and what is known of it. */
  readonly state: SendState;
  /** Random, the same as long as the process runs. */
  readonly stride: number;
  readonly heading: ChannelHeading;
  readonly numbering: Numbering;
  readonly window: SendWindow;
  readonly backlog: Backlog;
  readonly outcomes: Outcomes;
  readonly attempts: Attempts;
  /** Called when the epoch, or the memory of the peer, is another one: nothing may leave before that is kept. */
  readonly moved: () => void;
  /** Called when one side has forgotten what it knew of the channel. */
  readonly forgotten: (by: Side) => void;
}

/**
 * The epochs of a sending channel: what the peer is known to remember of the present one, and the next one when
 * either side has forgotten.
 *
 * The next one is not just one higher: an earlier process, whose clock was ahead, may have begun that, and what it
 * sent may still be on its way.
 */
export class Epochs {
  readonly #options: EpochsOptions;
  readonly #progress: PeerProgress;
  #present: number;
  #memory: string | undefined;
  /** When the newest connection that it took had begun, and when it lost one last. */
  #beganAt = Number.NEGATIVE_INFINITY;
  #lostAt = Number.NEGATIVE_INFINITY;

  constructor(options: EpochsOptions) {
    this.#options = options;
    this.#progress = new PeerProgress(options.state);
    this.#present = options.state.epoch;
    this.#memory = options.state.memory;
  }

  get present(): number {
    return this.#present;
  }

  /** How far the peer is known to have come in it. */
  get progress(): Pick<SendState, "acked" | "highest"> {
    return this.#progress;
  }

  /** What the peer remembers this channel with. */
  get memory(): string | undefined {
    return this.#memory;
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
      this.#progress.handled(each);
    }
    this.#progress.acknowledged(seq);
    window.raiseFloor();
  }

  /** The peer has refused a message for good: it remembers this epoch. */
  rejected(message: OutgoingMessage, error: RnpError): void {
    this.#progress.heard();
    this.#options.outcomes.rejected(message, error);
  }

  /** The connection is lost; another that was open by then knows less than was learnt by this one. */
  parted(now: number): void {
    this.#lostAt = now;
  }

  /**
   * The channel takes a connection: settles what the peer says that it has, or begins another epoch.
   *
   * @param memory what it remembers with: the same as before, if it has forgotten nothing
   * @param beganAt when the connection began: it may have been open for long, and the greeting is as old
   */
  greeted(
    now: number,
    report: ChannelReport | undefined,
    memory: string | undefined,
    beganAt: number,
  ): void {
    const before = this.#memory;
    const isSameMemory = before !== undefined && before === memory;
    const isStale = beganAt < this.#beganAt || (isSameMemory && beganAt < this.#lostAt);
    if (isStale) return this.#confirm(now, report);
    this.#beganAt = beganAt;
    this.#memory = memory;
    const { next, floor } = this.#options.window;
    const { acked, highest, isHeard } = this.#progress;
    const known = { epoch: this.#present, next, floor, acked, highest, isHeard, isSameMemory };
    const met = reconcile(known, report);
    if (met.kind === "delivered") this.#settle(now, met.seq, met.refused);
    else if (met.kind === "restart") this.#restart(met.epoch, met.forgotBy);
    // A channel that is new here, and that the peer knows: what this node had written down of it is gone.
    else if (before === undefined && report !== undefined) this.#options.forgotten("sender");
    if (!isSameMemory && met.kind !== "restart") this.#options.moved();
  }

  /** Several messages may have been refused for it; the first begins the new epoch. */
  sessionLost({ details }: RnpError): void {
    const epoch = (details as { epoch?: number } | undefined)?.epoch;
    if (epoch !== undefined && epoch !== this.#present) return;
    // Where it never settled anything of the epoch, it may never have heard of it: what came first was given up.
    this.#restart(this.#present + 1, this.#progress.isHeard ? "receiver" : undefined);
  }

  #assertSent(seq: number): void {
    const { name, window } = this.#options;
    if (seq >= window.next) throw neverSent(name, window.next - 1, seq);
  }

  /** What a peer had by then it still has; what it has forgotten since, an old greeting does not tell. */
  #confirm(now: number, report: ChannelReport | undefined): void {
    if (report?.epoch !== this.#present) return;
    if (hasNeverSent(this.#options.window.next, report)) return;
    this.#settle(now, report.seq, report.refused ?? []);
  }

  /** Those that were refused are sent again: the peer then says why. */
  #settle(now: number, seq: number, refused: readonly number[]): void {
    const { window, outcomes } = this.#options;
    const unknown = new Set(refused);
    for (let each = window.floor; each <= seq; each++) {
      const message = window.get(each);
      if (message?.seq !== each) continue; // Given up, or known to be settled.
      if (unknown.has(each)) message.foundRefused();
      else {
        outcomes.delivered(now, each);
        this.#progress.handled(each);
      }
    }
    if (seq > 0) this.#progress.heard();
    window.raiseFloor();
  }

  /**
   * The peer has forgotten what it handled. What was promised at-least-once is sent again as if it were new;
   * what was promised to run once is not, unless it certainly has not run.
   */
  #restart(epoch: number, forgotBy: Side | undefined): void {
    const {
      name,
      peer,
      heading,
      numbering,
      window,
      backlog,
      outcomes,
      attempts,
      forgotten,
      moved,
    } = this.#options;
    const unsettled = window.messages();
    for (const message of unsettled) {
      if (message.promise === "at-least-once" || !message.mayHaveRun) continue;
      outcomes.givenUp(message, sessionLost(name, this.#present, peer));
    }
    this.#present = epoch + this.#options.stride;
    this.#progress.beginEpoch();
    heading.restart(this.#present);
    attempts.unpause();
    const left = unsettled.filter(({ isOver }) => !isOver);
    for (const message of left) message.forgetCopies();
    window.beginEpoch();
    backlog.putFirst(left);
    // Written down together with the epoch: a process that finds one without the other counts wrong.
    numbering.restart(backlog.first());
    if (forgotBy !== undefined) forgotten(forgotBy);
    moved();
  }
}
