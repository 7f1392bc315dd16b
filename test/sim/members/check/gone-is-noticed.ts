import { Rule, type View } from "./rule.js";
import type { Truth } from "./truth.js";

/** Whoever is gone without a word is dead to all within a bound, and stays it as long as nothing of it runs. */
export class GoneIsNoticed extends Rule {
  override readonly rule = "a node that is gone is dead to all others in time";
  readonly #boundMs: number;
  /** Since when those were gone that have been looked at. */
  readonly #judged = new Map<string, number>();

  constructor(truth: Truth, boundMs: number) {
    super(truth);
    this.#boundMs = boundMs;
  }

  /** One look at each death is enough: there are many nodes to look at. */
  override inspect(views: readonly View[]): void {
    for (const node of this.truth.nodes()) {
      const since = this.truth.since(node);
      if (this.#judged.get(node) === since || !this.#isDue(node)) continue;
      this.#judged.set(node, since);
      this.#judge(node, views);
    }
  }

  override end(views: readonly View[]): void {
    for (const node of this.truth.nodes()) if (this.#isDue(node)) this.#judge(node, views);
  }

  #isDue(node: string): boolean {
    if (this.truth.epochOf(node) !== undefined || this.truth.hasLeft(node)) return false;
    return this.truth.now - this.truth.since(node) > this.#boundMs;
  }

  #judge(node: string, views: readonly View[]): void {
    const goneMs = this.truth.now - this.truth.since(node);
    for (const { id, epoch, core } of views) {
      const row = core.rows.get(node);
      const isLiving = row?.state === "alive" || row?.state === "suspect";
      // Who is in trouble itself, or has been of late, may not know it yet.
      if (!isLiving || !this.truth.isHealthy(id, epoch, this.#boundMs)) continue;
      this.fail(`${node} is gone for ${goneMs} ms, and ${row.state} to ${id}`);
    }
  }
}
