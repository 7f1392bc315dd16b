import { burierCount } from "./burial.js";
import { ACCUSER_COUNT_MAX } from "./news.js";

/** Confirmations after which a suspicion lasts its minimum: memberlist's value (suspicion multiplier 4 less 2). */
const CONFIRMATION_COUNT_MAX = 2;

/** Accusers that are remembered: who told, and who answered as helper. More say nothing new. */
const KEPT_COUNT_MAX = 8;

export interface SuspicionSpan {
  readonly minMs: number;
  readonly maxMs: number;
}

/**
 * How much longer a suspicion lasts: from its maximum without confirmations, along a logarithm, to its
 * minimum with as many as are expected (Lifeguard, Dadgar et al. 2018, section IV-B). Many who cannot reach
 * a member are rarely all mistaken, and the first of them says the most.
 *
 * @param confirmations accusers beyond the first
 * @param expected as many as shorten it to the minimum; below 1 it lasts the minimum at once
 * @returns whole ms rounded down, negative when it is over
 */
export function remainingSuspicionMs(
  { confirmations, expected, elapsedMs }: SuspicionCounts,
  { minMs, maxMs }: SuspicionSpan,
): number {
  if (expected < 1) return minMs - elapsedMs;
  const share = Math.log(confirmations + 1) / Math.log(expected + 1);
  return Math.max(minMs, Math.floor(maxMs - (maxMs - minMs) * share)) - elapsedMs;
}

export interface SuspicionCounts {
  readonly confirmations: number;
  readonly expected: number;
  readonly elapsedMs: number;
}

/**
 * The suspicion against one life of one member: who accuses it, and until when it has time to refute.
 *
 * Accusers are known in public when they told the cluster, or were named by one who did; those who only
 * answered this node as helpers are not. What is known in public need not be told again.
 */
export class Suspicion {
  readonly #accusers: string[] = [];
  readonly #public: string[] = [];
  #span: SuspicionSpan | undefined;
  #expected = 0;
  #startedAt = 0;
  #heldUntil = 0;

  get isStarted(): boolean {
    return this.#span !== undefined;
  }

  /** From now on the member is suspected and its time runs. Starting again changes nothing. */
  start(at: number, span: SuspicionSpan, voterCount: number): void {
    if (this.#span !== undefined) return;
    this.#span = span;
    this.#startedAt = at;
    this.#expected = Math.min(CONFIRMATION_COUNT_MAX, voterCount - 1);
  }

  accuse(accuser: string, { isPublic }: { isPublic: boolean }): void {
    if (isPublic) addTo(this.#public, accuser);
    if (addTo(this.#accusers, accuser)) this.#heldUntil = 0;
  }

  /** When its time is over; `Infinity` before it began. */
  get dueAt(): number {
    if (this.#span === undefined) return Number.POSITIVE_INFINITY;
    const confirmations = Math.max(0, this.#accusers.length - 1);
    const counts = { confirmations, expected: this.#expected, elapsedMs: 0 };
    const endsAt = this.#startedAt + remainingSuspicionMs(counts, this.#span);
    return Math.max(endsAt, this.#heldUntil);
  }

  /** Too few accused it in its time, so it gets as much again, or until one more does. */
  prolong(at: number): void {
    this.#heldUntil = at + (this.#span?.maxMs ?? 0);
  }

  /** Whether so many accuse it that it may be buried, of `voterCount` who could. */
  canBury(voterCount: number): boolean {
    return this.#accusers.length >= burierCount(voterCount);
  }

  isAccusedBy(node: string): boolean {
    return this.#accusers.includes(node);
  }

  /** Who accuses it, the earliest first; three at most. */
  get named(): string[] {
    return this.#accusers.slice(0, ACCUSER_COUNT_MAX);
  }

  /** Whether another accuser is worth telling of: fewer than three are known in public. */
  get isNews(): boolean {
    return this.#public.length < ACCUSER_COUNT_MAX;
  }

  /** The accusers to name when `teller` tells of it: the teller first, then the earliest; three at most. */
  namedBy(teller: string): string[] {
    const others = this.#accusers.filter((accuser) => accuser !== teller);
    return [teller, ...others].slice(0, ACCUSER_COUNT_MAX);
  }
}

/** Returns whether it was added: it was not there, and there was room. */
function addTo(accusers: string[], accuser: string): boolean {
  if (accusers.length >= KEPT_COUNT_MAX || accusers.includes(accuser)) return false;
  accusers.push(accuser);
  return true;
}
