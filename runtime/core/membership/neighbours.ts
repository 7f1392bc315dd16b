import { isLiving } from "./news.js";
import type { Row, Rows } from "./rows.js";

/**
 * So many neighbours a node chooses; with those that choose it, it has 8 in the mean. From one to the next
 * news then passes through 10,000 nodes in about five steps, and who loses half of them still hears all.
 */
export const CHOSEN_COUNT = 4;

/** So many that chose this node are kept. Of 4 in the mean more than 12 come to one node in 3,600. */
export const ADMITTED_COUNT_MAX = 12;

/** One neighbour is replaced this often: slow enough to cost nothing, fast enough to mix after restarts. */
export const ROTATION_INTERVAL_MS = 5 * 60_000;

/** So often a member is drawn before all are looked through; enough while half of all rows will do. */
const DRAW_COUNT_MAX = 16;

export interface NeighboursOptions {
  readonly rows: Rows;
  /** In [0, 1). */
  readonly random: () => number;
  readonly heartbeatIntervalMs: number;
}

/** What became of a peer that counts this node among its neighbours. `ignored`: it is being told otherwise. */
export type Admission = "admitted" | "full" | "ignored";

/**
 * Whom a node exchanges heartbeats with in an epidemic: at most 4 that it chose and 12 that chose it, however
 * large the cluster. Both ends of such a pair treat each other alike, so either end may end it.
 */
export class Neighbours {
  readonly #options: NeighboursOptions;
  readonly #chosen = new Set<string>();
  readonly #admitted = new Set<string>();
  /** Pairs that ended less than an interval ago, until when, and whether this end did it; in that order. */
  readonly #ended = new Map<string, { readonly untilAt: number; readonly byMe: boolean }>();

  constructor(options: NeighboursOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#chosen.size + this.#admitted.size;
  }

  has(node: string): boolean {
    return this.#chosen.has(node) || this.#admitted.has(node);
  }

  hasAdmitted(node: string): boolean {
    return this.#admitted.has(node);
  }

  *[Symbol.iterator](): Iterator<string> {
    yield* this.#chosen;
    yield* this.#admitted;
  }

  /** Chooses one more at random; `undefined`: there are enough, or nobody is left. */
  choose(now: number): string | undefined {
    if (this.#chosen.size >= CHOSEN_COUNT) return undefined;
    this.#forgetEnded(now);
    const node = this.#draw() ?? this.#find();
    if (node !== undefined) this.#chosen.add(node);
    return node;
  }

  /** A peer that is no neighbour here sends heartbeats, since it chose this node. */
  admit(now: number, node: string): Admission {
    this.#forgetEnded(now);
    // That heartbeat was under way when this end was ending the pair; taken up, the pair would never end.
    if (this.#ended.get(node)?.byMe === true) return "ignored";
    if (this.#admitted.size >= ADMITTED_COUNT_MAX) return "full";
    this.#admitted.add(node);
    return "admitted";
  }

  /** The pair ends. Neither end chooses the other again within an interval. Returns whether it was one. */
  end(now: number, node: string, byMe: boolean): boolean {
    const wasChosen = this.#chosen.delete(node);
    if (!this.#admitted.delete(node) && !wasChosen) return false;
    const untilAt = now + this.#options.heartbeatIntervalMs;
    this.#ended.delete(node);
    this.#ended.set(node, { untilAt, byMe });
    return true;
  }

  /**
   * One of all, those that chose this node included: otherwise a pair that each end takes for the other's
   * choice, as after a restart, would last for ever.
   */
  random(): string | undefined {
    let index = Math.floor(this.#options.random() * this.size);
    for (const node of this) if (index-- === 0) return node;
    return undefined;
  }

  #draw(): string | undefined {
    const { rows, random } = this.#options;
    for (let count = Math.min(rows.size, DRAW_COUNT_MAX); count > 0; count--) {
      const row = rows.at(Math.floor(random() * rows.size));
      if (this.#isCandidate(row)) return row.node;
    }
    return undefined;
  }

  /** All of them, from a random place on; reached only where few will do. */
  #find(): string | undefined {
    const { rows, random } = this.#options;
    const first = Math.floor(random() * rows.size);
    for (let step = 0; step < rows.size; step++) {
      const row = rows.at((first + step) % rows.size);
      if (this.#isCandidate(row)) return row.node;
    }
    return undefined;
  }

  #isCandidate({ node, state }: Row): boolean {
    return isLiving(state) && !this.has(node) && !this.#ended.has(node);
  }

  #forgetEnded(now: number): void {
    for (const [node, { untilAt }] of this.#ended) {
      if (now < untilAt) return;
      this.#ended.delete(node);
    }
  }
}
