import { Rule, type View } from "./rule.js";
import type { Truth } from "./truth.js";

/** However long a world has lived, each node has a few timers and messages on their way, and no more. */
export class FewTimers extends Rule {
  override readonly rule = "timers do not pile up";
  readonly #queue: { readonly pendingCount: number };
  readonly #countMax: number;

  /** `countMax`: for each node. */
  constructor(truth: Truth, queue: { readonly pendingCount: number }, countMax: number) {
    super(truth);
    this.#queue = queue;
    this.#countMax = countMax;
  }

  override end(_views: readonly View[]): void {
    const { pendingCount } = this.#queue;
    const { nodeCount } = this.truth;
    if (pendingCount <= nodeCount * this.#countMax) return;
    this.fail(`${pendingCount} events are still to happen to ${nodeCount} nodes`);
  }
}
