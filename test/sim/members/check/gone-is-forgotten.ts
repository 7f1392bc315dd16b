import { Rule, type View } from "./rule.js";
import type { Truth } from "./truth.js";

/** No table keeps a node that has been gone for a long time. */
export class GoneIsForgotten extends Rule {
  override readonly rule = "who is gone for long is forgotten";
  readonly #keptMs: number;

  constructor(truth: Truth, keptMs: number) {
    super(truth);
    this.#keptMs = keptMs;
  }

  override end(views: readonly View[]): void {
    for (const { id, core } of views) {
      for (const { node, state } of core.rows) {
        const goneMs = this.truth.now - this.truth.since(node);
        if (this.truth.epochOf(node) !== undefined || goneMs <= this.#keptMs) continue;
        this.fail(`${node} is gone for ${goneMs} ms, and ${state} to ${id}`);
      }
    }
  }
}
