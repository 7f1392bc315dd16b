import { Rule, type View } from "./rule.js";
import type { Truth } from "./truth.js";

/** However many nodes there are, each has connections to a few; further ones are there for open questions only. */
export class FewConnections extends Rule {
  override readonly rule = "connections do not grow with the number of nodes";
  readonly #countMax: number;

  constructor(truth: Truth, countMax: number) {
    super(truth);
    this.#countMax = countMax;
  }

  override inspect(views: readonly View[]): void {
    for (const { id, connectionCount, questionCount } of views) {
      if (connectionCount <= this.#countMax + questionCount) continue;
      this.fail(`${id} has ${connectionCount} connections and ${questionCount} questions`);
    }
  }
}
