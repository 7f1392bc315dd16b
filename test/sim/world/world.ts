import { Dice } from "./dice.js";
import { EventQueue, type Timer } from "./event-queue.js";
import type { Occurrence } from "./occurrence.js";
import { Trace, type Witness } from "./trace.js";

/** What comes next in the same turn of Node's event loop, once no promise has anything left to do. */
const { nextTick: afterPromises } = process;

/**
 * Time, chance and all that happens, for the nodes of one simulation. Nothing in it comes from outside, so the
 * same seed gives the same trace.
 */
export class World {
  readonly dice: Dice;
  readonly trace: Trace;
  readonly #queue = new EventQueue();
  #now = 0;
  #eventCount = 0;

  constructor(seed: number, witnesses: readonly Witness[]) {
    this.dice = new Dice(seed);
    this.trace = new Trace(witnesses);
  }

  /** Milliseconds since the beginning, on a clock that never goes back. */
  get now(): number {
    return this.#now;
  }

  /** Events that are still to happen. */
  get pendingCount(): number {
    return this.#queue.size;
  }

  tell(occurrence: Occurrence): void {
    this.trace.add(this.#now, occurrence);
  }

  /** Does something later; at the same time in the order of these calls. */
  after(delayMs: number, act: () => void): Timer {
    return this.#queue.add(this.#now + Math.max(0, delayMs), act);
  }

  /** Lets happen what is due until `until`, or all there is. Throws where that never ends. */
  async run(until: number): Promise<void> {
    for (let event = this.#queue.take(until); event; event = this.#queue.take(until)) {
      this.#now = event.at;
      this.#eventCount += 1;
      if (this.#eventCount > EVENT_COUNT_MAX) throw new Error("the world does not come to rest");
      event.act();
      await promisesRun();
    }
    if (until < Number.POSITIVE_INFINITY) this.#now = until;
  }
}

/** What an event has settled is acted upon before the next event. */
function promisesRun(): Promise<void> {
  return new Promise((resolve) => afterPromises(resolve));
}

/** Many times what the busiest world needs. */
const EVENT_COUNT_MAX = 2_000_000;
