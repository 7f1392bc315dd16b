import { Dice } from "../../world/dice.js";
import { CalendarQueue, type Target, TICKS_PER_MS } from "./calendar-queue.js";
import { TraceHash } from "./trace-hash.js";

/**
 * Time, chance and what happens next in a world of members. All is done at once and in one order, with no promise
 * anywhere, so that a day of a thousand nodes takes minutes; nothing comes in from outside, so that the same seed
 * gives the same day.
 */
export class Engine {
  readonly dice: Dice;
  readonly hash = new TraceHash();
  /** Since the beginning, on a clock that never goes back. */
  tick = 0;
  eventCount = 0;
  readonly #queue = new CalendarQueue();

  constructor(seed: number) {
    this.dice = new Dice(seed);
  }

  /** Events that are still to happen. */
  get pendingCount(): number {
    return this.#queue.size;
  }

  /** The same in milliseconds. */
  get now(): number {
    return this.tick / TICKS_PER_MS;
  }

  /** No fewer than it takes. */
  ticksOf(ms: number): number {
    return Math.ceil(ms * TICKS_PER_MS);
  }

  /** Lets `target` know at a time, not before it; at the same time, in the order of these calls. */
  at(ms: number, target: Target, kind: number, subject: number, extra?: unknown): void {
    this.#queue.add(this.ticksOf(ms), target, kind, subject, extra);
  }

  after(ms: number, target: Target, kind: number, subject: number, extra?: unknown): void {
    this.afterTicks(this.ticksOf(ms), target, kind, subject, extra);
  }

  afterTicks(ticks: number, target: Target, kind: number, subject: number, extra: unknown): void {
    this.#queue.add(this.tick + ticks, target, kind, subject, extra);
  }

  /** Lets happen what is due until `until`. */
  run(until: number): void {
    const queue = this.#queue;
    const last = Math.floor(until * TICKS_PER_MS);
    while (queue.take(last)) {
      const { tick, target, kind, subject, extra } = queue;
      this.tick = tick;
      this.eventCount += 1;
      this.hash.add(tick, target.node, kind, subject);
      target.happen(kind, subject, extra);
    }
    this.tick = last;
  }
}
