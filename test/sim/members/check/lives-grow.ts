import type { Output, RowChange } from "../../../../runtime/core/membership/contract.js";
import { Rule, type View } from "./rule.js";

interface Known {
  readonly epoch: number;
  readonly incarnation: number;
}

/** What a process believes of a node never goes back to an earlier life, also where it had forgotten the node. */
export class LivesGrow extends Rule {
  override readonly rule = "no view goes back to an earlier life of a node";
  readonly #known = new Map<string, Map<string, Known>>();

  override see(view: View, { changes }: Output): void {
    for (const change of changes) this.#judge(view, change);
  }

  #judge({ id, epoch }: View, { node, before, after }: RowChange): void {
    const known = this.#of(`${id} ${epoch}`);
    const last = known.get(node) ?? before;
    if (after === undefined) return;
    known.set(node, { epoch: after.epoch, incarnation: after.incarnation });
    if (last === undefined || !isEarlier(after, last)) return;
    this.fail(`${id} goes from ${text(last)} of ${node} back to ${text(after)}`);
  }

  #of(view: string): Map<string, Known> {
    let known = this.#known.get(view);
    if (known === undefined) {
      known = new Map();
      this.#known.set(view, known);
    }
    return known;
  }
}

function isEarlier(one: Known, other: Known): boolean {
  if (one.epoch !== other.epoch) return one.epoch < other.epoch;
  return one.incarnation < other.incarnation;
}

function text({ epoch, incarnation }: Known): string {
  return `${epoch}.${incarnation}`;
}
