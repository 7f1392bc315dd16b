import type { Output } from "../../../../runtime/core/membership/contract.js";
import { Rule, type View } from "./rule.js";
import type { Truth } from "./truth.js";

/** Nobody takes a node for dead that runs, does not stand still and is not cut off. */
export class HealthyLives extends Rule {
  override readonly rule = "a healthy node is dead to nobody";
  readonly #graceMs: number;

  /** `graceMs`: how long after a trouble of its own a node may still be taken for dead. */
  constructor(truth: Truth, graceMs: number) {
    super(truth);
    this.#graceMs = graceMs;
  }

  override see({ id }: View, { changes }: Output): void {
    // Who is cut off may bury all the others.
    if (this.truth.isExcused(id, this.#graceMs)) return;
    for (const { node, after } of changes) {
      if (after?.state !== "dead") continue;
      if (!this.truth.isHealthy(node, after.epoch, this.#graceMs)) continue;
      this.fail(`${node} is healthy, and dead to ${id}`);
    }
  }
}
