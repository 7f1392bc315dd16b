import { FORGET_AFTER_MS } from "./timing.js";

/** So many gone members are remembered in the smallest cluster; a restart of all of it is not too many. */
const KEPT_COUNT_MIN = 1000;
/** And so many more for each living one. */
const KEPT_PER_LIVING = 2;

/** Since when which members are gone, and whose time to be forgotten has come. */
export class GoneRows {
  /** In order of time, since whoever goes is put last. */
  readonly #goneAt = new Map<string, number>();

  went(now: number, node: string): void {
    this.#goneAt.delete(node);
    this.#goneAt.set(node, now);
  }

  returned(node: string): void {
    this.#goneAt.delete(node);
  }

  /** When the next one's time comes; `Infinity`: nobody is gone. */
  get dueAt(): number {
    if (this.#goneAt.size === 0) return Number.POSITIVE_INFINITY;
    for (const goneAt of this.#goneAt.values()) return goneAt + FORGET_AFTER_MS;
    return Number.POSITIVE_INFINITY;
  }

  /** The next to be forgotten, the longest gone first; `undefined`: all others are remembered still. */
  next(now: number, livingCount: number): string | undefined {
    const keptCountMax = KEPT_COUNT_MIN + KEPT_PER_LIVING * livingCount;
    if (now < this.dueAt && this.#goneAt.size <= keptCountMax) return undefined;
    for (const node of this.#goneAt.keys()) return node;
    return undefined;
  }
}
