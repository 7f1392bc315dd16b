import type { Occurrence } from "../world/occurrence.js";
import { Checker } from "./checker.js";

/**
 * What was delivered is there in the end, unless its disk was lost; and only once where that is promised. The
 * `effect`s of a message are what its handler has made durable.
 */
export class TotalQueue extends Checker {
  override readonly rule = "what was delivered is there in the end, once";
  readonly #to = new Map<number, string>();
  readonly #mayRepeat = new Set<number>();
  readonly #delivered = new Set<number>();
  readonly #effectCounts = new Map<number, number>();
  readonly #damaged = new Set<string>();

  protected override judge(occurrence: Occurrence): void {
    switch (occurrence.kind) {
      case "call":
        return this.#called(occurrence);
      case "settled":
        if (occurrence.outcome === "delivered") this.#delivered.add(occurrence.call);
        return;
      case "durable":
        return this.#effected(occurrence.call);
      case "disk":
        if (occurrence.event !== "failed") this.#damaged.add(occurrence.node);
        return;
      case "kept":
        return this.#compare(occurrence.node, new Set(occurrence.effects.map(([call]) => call)));
    }
  }

  #called({ call, verb, to, promise }: Extract<Occurrence, { kind: "call" }>): void {
    if (verb !== "acknowledged" && verb !== "deliver" && verb !== "keep") return;
    this.#to.set(call, to);
    // How often those in channels have an effect is judged by other rules.
    if (promise !== undefined) this.#mayRepeat.add(call);
  }

  #effected(call: number): void {
    if (this.#mayRepeat.has(call)) return;
    const count = (this.#effectCounts.get(call) ?? 0) + 1;
    this.#effectCounts.set(call, count);
    if (count > 1) this.fail(`call ${call} had its effect ${count} times`);
  }

  #compare(node: string, kept: ReadonlySet<number>): void {
    for (const call of kept) {
      if (this.#to.get(call) !== node) this.fail(`${node} keeps call ${call}, which it never got`);
    }
    if (this.#damaged.has(node)) return;
    for (const [call, to] of this.#to) {
      if (to !== node || !this.#delivered.has(call) || kept.has(call)) continue;
      this.fail(`call ${call} was delivered, but ${node} does not have it`);
    }
  }
}
