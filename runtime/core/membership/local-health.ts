import { STALL_NOTICED_MS } from "./attention.js";

/** What a node notices about itself, and what it costs. */
const POINTS = {
  /** Others took this node for dead, and it had to say that it lives. */
  refuted: 1,
  /** A helper said nothing at all. It owes an answer either way, so more likely this node did not hear it. */
  "helper-silent": 1,
  /** This node alone got no answer from a member that then proved to be alive. */
  mistaken: 1,
  /** A member that was asked answered in time. */
  answered: -1,
} as const;

export type HealthEvent = keyof typeof POINTS;

/** Lifeguard's S: nine times the patience at most, so that a sick node still asks now and then. */
const SCORE_MAX = 8;

/** Stalls of more than `overMs` cost `points`; the longest that fits counts. */
const STALLS = [
  { overMs: 5000, points: 3 },
  { overMs: 1000, points: 2 },
  { overMs: STALL_NOTICED_MS, points: 1 },
] as const;

/**
 * How much this node trusts its own ears: 0 is healthy. A node that is slow itself hears the others late and
 * would accuse them, so with each point it waits longer for their answers and asks more seldom (Lifeguard,
 * Dadgar et al. 2018, "Local Health Multiplier").
 */
export class LocalHealth {
  readonly #scoreMax: number;
  #score = 0;

  /** @param options.scoreMax default 8; 0 switches it off, for comparing how much it is worth */
  constructor({ scoreMax = SCORE_MAX }: { scoreMax?: number } = {}) {
    this.#scoreMax = scoreMax;
  }

  get score(): number {
    return this.#score;
  }

  note(event: HealthEvent): void {
    this.apply(POINTS[event]);
  }

  /** This node slept for `stalledMs`. */
  stalled(stalledMs: number): void {
    const stall = STALLS.find(({ overMs }) => stalledMs > overMs);
    if (stall !== undefined) this.apply(stall.points);
  }

  apply(points: number): void {
    this.#score = Math.min(this.#scoreMax, Math.max(0, this.#score + points));
  }

  /** The patience for `ms` of a healthy node. */
  scaled(ms: number): number {
    return ms * (1 + this.#score);
  }
}
