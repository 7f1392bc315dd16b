import type { Occurrence } from "../world/occurrence.js";
import type { Witness } from "../world/trace.js";

/** Something that must never be. */
export interface Problem {
  readonly checker: string;
  readonly at: number;
  readonly text: string;
}

/**
 * Judges one rule by what can be seen from outside. Checkers share no code with the runtime: who computes the same
 * thing in the same way makes the same mistake.
 */
export abstract class Checker implements Witness {
  /** The rule, as a sentence. */
  abstract readonly rule: string;
  readonly problems: Problem[] = [];
  #at = 0;

  see(at: number, occurrence: Occurrence): void {
    this.#at = at;
    this.judge(occurrence, at);
  }

  protected abstract judge(occurrence: Occurrence, at: number): void;

  protected fail(text: string): void {
    // One broken rule breaks often.
    if (this.problems.length >= PROBLEM_COUNT_MAX) return;
    this.problems.push({ checker: this.rule, at: this.#at, text });
  }
}

const PROBLEM_COUNT_MAX = 5;
