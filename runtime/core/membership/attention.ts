import { LOOK_AGAIN_MS } from "./timing.js";

/** How much later than asked for a wake-up may come and still be on time: what timers are late by anyway. */
const GRACE_MS = 20;

/** What is lost at most by adding stalls to a deadline and taking them off again. */
const ROUNDING_MS = 0.001;

/**
 * From here on a stall restarts the look that is under way. A machine on which every wake-up comes a little
 * late must come to judge some time; one on which each comes this late has no business to judge others.
 */
export const STALL_NOTICED_MS = 100;

/**
 * The clock that stands still while nobody looks. A process that was stopped, blocked by a handler or
 * suspended with its machine knows nothing of the time it slept through: what the others said meanwhile
 * waits unread in its sockets. Deadlines about *others* therefore live in attended time; what this node
 * itself owes them, such as its heartbeats, lives in real time.
 *
 * Attended time goes as real time does, but at a wake-up that comes later than it was asked for only as far
 * as `askedAt + 20 ms`. The rest is a stall. After a stall nobody is judged until the sockets have been
 * read: `isSteady` is false for another 20 ms of attended time. As long as wake-ups are on time, attended
 * and real time are the same but for a constant, and judgements fall due to the millisecond.
 */
export class Attention {
  readonly #isOn: boolean;
  #lastAt = Number.NEGATIVE_INFINITY;
  /** All stalls together: what attended time is behind real time by. */
  #sleptMs = 0;
  #steadyFromAt = Number.NEGATIVE_INFINITY;

  /** `isOn: false` makes attended time the real one, for comparing how much the rest is worth. */
  constructor({ isOn = true }: { isOn?: boolean } = {}) {
    this.#isOn = isOn;
  }

  /**
   * To be called first whenever anything comes in.
   *
   * @param now real time, ms
   * @param askedAt when the wake-up was asked for, real time; `Infinity` if none was
   * @returns how long this node slept since it was called last, ms
   */
  attend(now: number, askedAt: number): number {
    const stalledMs = now - this.#attendedUntil(now, askedAt);
    const wasSteady = this.isSteady;
    this.#lastAt = now;
    this.#sleptMs += stalledMs;
    if (stalledMs > STALL_NOTICED_MS || (stalledMs > 0 && wasSteady)) {
      this.#steadyFromAt = this.now + LOOK_AGAIN_MS;
    }
    return stalledMs;
  }

  /** Attended time, ms, as of the last call of `attend`. */
  get now(): number {
    return this.#lastAt - this.#sleptMs;
  }

  /** Attended time as of `now`, whether or not that was attended to yet. */
  timeAt(now: number, askedAt: number): number {
    return this.#attendedUntil(now, askedAt) - this.#sleptMs;
  }

  /** Whether others may be judged now: there was no stall lately, or the sockets were read since. */
  get isSteady(): boolean {
    return this.now >= this.#steadyFromAt;
  }

  /** From when on others may be judged, attended time. Not later than now if they may be already. */
  get steadyFromAt(): number {
    return this.#steadyFromAt;
  }

  /** The real time at which an attended deadline falls due if there is no stall until then. */
  realTimeOf(attendedAt: number): number {
    return this.#sleptMs === 0 ? attendedAt : attendedAt + this.#sleptMs + ROUNDING_MS;
  }

  #attendedUntil(now: number, askedAt: number): number {
    const isAwake = !this.#isOn || this.#lastAt === Number.NEGATIVE_INFINITY;
    return isAwake ? now : Math.min(now, Math.max(this.#lastAt, askedAt + GRACE_MS));
  }
}
