import { AccusationLimit, isProbablyMe } from "./accusation-limit.js";
import type { Inquiry } from "./inquiry.js";
import type { Verdict } from "./surroundings.js";
import type { MembershipTiming } from "./timing.js";

/** An accusation is granted at most this often, however fast the timeline is. */
const REFILL_MIN_MS = 1000;

/**
 * After so many heartbeat intervals without hearing anybody an isolated node accuses after all, or its view
 * would show for ever what was true before. What it says then hurts nobody: nobody hears it, and its word
 * alone buries nobody.
 */
const ISOLATION_INTERVALS_MAX = 10;

const NONE: readonly Inquiry[] = [];

export interface AccusationsOptions {
  readonly timing: MembershipTiming;
  readonly watchedCount: () => number;
  readonly verdicts: Verdict[];
}

/**
 * Whether an inquiry may be concluded against its member now. It may not while accusations come too fast, nor
 * while so many are silent at once that this node is probably deaf itself, until it has heard anybody.
 *
 * Who refused a connection is not silent: that answer came from outside, so this node is not deaf.
 */
export class Accusations {
  readonly #options: AccusationsOptions;
  readonly #limit: AccusationLimit;
  readonly #isolationMaxMs: number;
  /** Whose members are silent for too long, or did not answer the direct ping. */
  readonly #silent = new Set<Inquiry>();
  /** Which wait until somebody is heard. */
  readonly #held = new Set<Inquiry>();
  #heardAt = Number.NEGATIVE_INFINITY;

  constructor(options: AccusationsOptions) {
    const { probeIntervalMs = REFILL_MIN_MS, heartbeatIntervalMs } = options.timing;
    this.#options = options;
    this.#limit = new AccusationLimit(Math.max(probeIntervalMs, REFILL_MIN_MS));
    this.#isolationMaxMs = heartbeatIntervalMs * ISOLATION_INTERVALS_MAX;
  }

  /** Inquiries that are remembered here. */
  get size(): number {
    return this.#silent.size;
  }

  /** The member is silent for too long, or has not answered the direct ping so far. */
  isSilent(inquiry: Inquiry): void {
    if (!inquiry.isRefused) this.#silent.add(inquiry);
  }

  /** The member's host answered, though not the member. */
  isNotDeafTo(inquiry: Inquiry): void {
    this.#silent.delete(inquiry);
  }

  forget(inquiry: Inquiry): void {
    this.#silent.delete(inquiry);
    this.#held.delete(inquiry);
  }

  /** Somebody was heard at `at`. Returns the inquiries that waited for that. */
  heard(at: number): readonly Inquiry[] {
    this.#heardAt = at;
    if (this.#held.size === 0) return NONE;
    const held = [...this.#held];
    this.#held.clear();
    return held;
  }

  /** The same where nothing waits for it; `false`: something does. */
  heardAgain(at: number): boolean {
    this.#heardAt = at;
    return this.#held.size === 0;
  }

  /** Until when the inquiry has to wait with its conclusion. Not later than `at`: it is granted, and counts. */
  waitUntil(at: number, inquiry: Inquiry): number {
    inquiry.heldSinceAt ??= at;
    const isolatedUntil = inquiry.heldSinceAt + this.#isolationMaxMs;
    if (at < isolatedUntil && this.#isIsolated(inquiry, inquiry.heldSinceAt)) {
      this.#hold(inquiry);
      return isolatedUntil;
    }
    this.#held.delete(inquiry);
    return this.#limit.take(at) ? at : this.#limit.nextAt(at);
  }

  #isIsolated(inquiry: Inquiry, sinceAt: number): boolean {
    if (inquiry.isRefused || this.#heardAt >= sinceAt) return false;
    return isProbablyMe(this.#silent.size, this.#options.watchedCount());
  }

  #hold(inquiry: Inquiry): void {
    const { verdicts, watchedCount } = this.#options;
    if (this.#held.size === 0) {
      const silentCount = this.#silent.size;
      verdicts.push({ kind: "isolated", silentCount, watchedCount: watchedCount() });
    }
    this.#held.add(inquiry);
  }
}
