import type { Output } from "../../../../runtime/core/membership/contract.js";
import { Rule, type View } from "./rule.js";

/** Whoever said that it leaves has left, and did not die in that life. */
export class LeftIsNoDeath extends Rule {
  override readonly rule = "a life that was left does not end in death";

  override see({ id }: View, { changes }: Output): void {
    for (const { node, before, after } of changes) {
      if (before?.state !== "left" || after?.state !== "dead") continue;
      const isSameLife = before.epoch === after.epoch && before.incarnation === after.incarnation;
      if (isSameLife) this.fail(`${node} had left, and is dead to ${id}`);
    }
  }

  override end(views: readonly View[]): void {
    for (const { id, core } of views) {
      for (const { node, state } of core.rows) {
        const isOver = this.truth.epochOf(node) === undefined;
        if (isOver && this.truth.hasLeft(node) && state !== "left") {
          this.fail(`${node} has left, and is ${state} to ${id}`);
        }
      }
    }
  }
}
