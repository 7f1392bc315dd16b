import type { Question } from "./frame.js";

/** What was asked, and of whom. */
export interface Asked {
  readonly to: string;
  readonly frame: Question;
  readonly sentAt: number;
}

/** The questions of one process that have no answer yet, by their tokens. */
export class Questions {
  readonly #asked = new Map<number, Asked>();

  get count(): number {
    return this.#asked.size;
  }

  add(asked: Asked): void {
    const { id } = asked.frame;
    if (this.#asked.has(id)) throw new Error(`token ${id} is in use already`);
    this.#asked.set(id, asked);
  }

  /** `undefined`: it has come too late, or was never asked. */
  take(id: number, kind: Question["kind"]): Asked | undefined {
    const asked = this.#asked.get(id);
    if (asked?.frame.kind !== kind) return undefined;
    this.#asked.delete(id);
    return asked;
  }

  /** The one whose time is up. */
  takeLate(id: number): Asked | undefined {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    return asked;
  }

  /** Those that wait for a peer. */
  of(peer: string): Asked[] {
    return [...this.#asked.values()].filter(({ to }) => to === peer);
  }
}
