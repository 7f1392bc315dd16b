import type { Timer } from "../world/event-queue.js";
import type { World } from "../world/world.js";

/**
 * One process of a node, from its start until it crashes or ends. What is due in it happens only while it lives,
 * and late where it is held up; with it go all its timers.
 */
export class Life {
  readonly node: string;
  readonly number: number;
  readonly happen = (act: () => void): void => this.#happen(act);
  readonly #world: World;
  readonly #onDoomed: () => void;
  readonly #timers = new Set<Timer>();
  #isOver = false;
  /** While it is held up. */
  #resume: Timer | undefined;
  readonly #heldUp: (() => void)[] = [];
  /** Events until it crashes. */
  #doomCount = Number.POSITIVE_INFINITY;

  /** `onDoomed` is told when the event comes before which it is to crash. */
  constructor(world: World, node: string, number: number, onDoomed: () => void) {
    this.#world = world;
    this.node = node;
    this.number = number;
    this.#onDoomed = onDoomed;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  get now(): number {
    return this.#world.now;
  }

  /** Timers that have not fired. */
  get pendingCount(): number {
    return this.#timers.size;
  }

  after(delayMs: number, act: () => void): Timer {
    let isCancelled = false;
    const timer = this.#world.after(delayMs, () => {
      this.#timers.delete(timer);
      this.#happen(() => {
        // It may have been held up, and cancelled by what came before it.
        if (!isCancelled) act();
      });
    });
    this.#timers.add(timer);
    const cancel = () => {
      isCancelled = true;
      this.#timers.delete(timer);
      timer.cancel();
    };
    return { at: timer.at, cancel };
  }

  /** Nothing happens in it for a while; then all that came meanwhile does, in its order. */
  pause(ms: number): void {
    this.#world.tell({ kind: "paused", node: this.node, until: this.#world.now + ms });
    this.#resume?.cancel();
    this.#resume = this.#world.after(ms, () => this.#catchUp());
  }

  /** It will crash before the event that comes after so many. */
  doom(eventCount: number): void {
    this.#doomCount = eventCount;
  }

  end(): void {
    this.#isOver = true;
    this.#resume?.cancel();
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  #happen(act: () => void): void {
    if (this.#isOver) return;
    if (this.#resume !== undefined) {
      this.#heldUp.push(act);
      return;
    }
    this.#doomCount -= 1;
    if (this.#doomCount < 0) return this.#onDoomed();
    act();
  }

  #catchUp(): void {
    this.#resume = undefined;
    for (const act of this.#heldUp.splice(0)) this.#happen(act);
  }
}
