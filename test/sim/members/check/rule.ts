import type { MembershipCore, Output } from "../../../../runtime/core/membership/contract.js";
import type { Truth } from "./truth.js";

/** One process as rules see it. */
export interface View {
  readonly id: string;
  readonly epoch: number;
  readonly core: Pick<MembershipCore, "rows">;
  readonly connectionCount: number;
  readonly questionCount: number;
}

export interface Problem {
  readonly rule: string;
  readonly at: number;
  readonly text: string;
}

/**
 * Something that must always be so, judged by what the nodes say and do and by what is really true. Rules share no
 * code with the core: who computes the same thing in the same way makes the same mistake.
 */
export abstract class Rule {
  /** What must be so, as a sentence. */
  abstract readonly rule: string;
  readonly problems: Problem[] = [];
  protected readonly truth: Truth;

  constructor(truth: Truth) {
    this.truth = truth;
  }

  /** What came of one call of a core, unless that was nothing. */
  see(_view: View, _output: Output): void {}

  /** All processes that run, once in a while. */
  inspect(_views: readonly View[]): void {}

  /** All processes that run, when all that was to happen has happened and everybody had time to hear of it. */
  end(_views: readonly View[]): void {}

  protected fail(text: string): void {
    // One broken rule breaks often.
    if (this.problems.length >= PROBLEM_COUNT_MAX) return;
    this.problems.push({ rule: this.rule, at: this.truth.now, text });
  }
}

const PROBLEM_COUNT_MAX = 5;
