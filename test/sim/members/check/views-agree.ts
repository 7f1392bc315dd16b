import { Rule, type View } from "./rule.js";

/** In the end all believe the same of everybody, and that is the truth. */
export class ViewsAgree extends Rule {
  override readonly rule = "in the end all views are the same, and true";

  override end(views: readonly View[]): void {
    const beliefs = new Map<string, string>();
    for (const view of views) {
      for (const node of this.truth.nodes()) {
        if (node !== view.id) this.#judge(view, node, beliefs);
      }
    }
  }

  #judge({ id, core }: View, node: string, beliefs: Map<string, string>): void {
    const row = core.rows.get(node);
    const epoch = this.truth.epochOf(node);
    const state = row?.state ?? "unknown";
    if (epoch !== undefined && !(row?.epoch === epoch && state === "alive")) {
      this.fail(`${node} lives in ${epoch}, and is ${state} in ${row?.epoch} to ${id}`);
    }
    if (epoch === undefined && (state === "alive" || state === "suspect")) {
      this.fail(`${node} does not run, and is ${state} to ${id}`);
    }
    // Who came later never heard of those that were gone, and need not.
    if (row === undefined) return;
    const belief = `${state} in ${row.epoch}.${row.incarnation}`;
    const other = beliefs.get(node) ?? belief;
    beliefs.set(node, other);
    if (other !== belief) this.fail(`${node} is ${other} to one, and ${belief} to ${id}`);
  }
}
