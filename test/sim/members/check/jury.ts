import type { Output } from "../../../../runtime/core/membership/contract.js";
import type { Problem, Rule, View } from "./rule.js";

/** All rules of a world, told of what is worth a look. */
export class Jury {
  readonly #rules: readonly Rule[];

  constructor(rules: readonly Rule[]) {
    this.#rules = rules;
  }

  get problems(): Problem[] {
    return this.#rules.flatMap(({ problems }) => problems);
  }

  see(view: View, output: Output): void {
    if (output.commands.length === 0 && output.changes.length === 0) return;
    for (const rule of this.#rules) rule.see(view, output);
  }

  inspect(views: readonly View[]): void {
    for (const rule of this.#rules) rule.inspect(views);
  }

  end(views: readonly View[]): void {
    for (const rule of this.#rules) rule.end(views);
  }
}
