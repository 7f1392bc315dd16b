import type { Command, Output } from "../../../../runtime/core/membership/contract.js";
import type { Row } from "../../../../runtime/core/membership/rows.js";
import { Rule, type View } from "./rule.js";

/**
 * Nobody is dead on the word of one node alone, where there are two who could have a say. Those who are named have
 * each said so before: by a suspicion of their own, or by an answer to whoever asked them.
 */
export class TwoBury extends Rule {
  override readonly rule = "one accuser buries nobody";
  /** Who has accused whom: `accuser > node epoch`. */
  readonly #accusations = new Set<string>();

  override see(view: View, { commands, changes }: Output): void {
    for (const command of commands) {
      const accused = accusedBy(view.id, command);
      if (accused !== undefined) this.#note(view.id, accused);
    }
    for (const { node, after } of changes) {
      if (after?.accusers.includes(view.id)) this.#note(view.id, node);
      if (after?.state === "dead") this.#judge(view, after);
    }
  }

  #note(accuser: string, node: string): void {
    this.#accusations.add(`${accuser} > ${node}`);
  }

  #judge(view: View, { node, accusers }: Row): void {
    const named = new Set(accusers.filter((accuser) => accuser !== node));
    if (named.size < 2 && votersOf(view, node) >= 2) {
      this.fail(`${view.id} buries ${node} on the word of ${[...named].join() || "nobody"}`);
    }
    for (const accuser of named) {
      if (this.#accusations.has(`${accuser} > ${node}`)) continue;
      this.fail(`${view.id} buries ${node} on the word of ${accuser}, which never accused it`);
    }
  }
}

/** Whom a node accuses itself by what it says: it names itself first where it names others too. */
function accusedBy(id: string, command: Command): string | undefined {
  if (command.kind === "probe-result" && !command.data.reachable) return command.data.target_node;
  if (command.kind !== "suspect") return undefined;
  const { suspect_node: node, accusers } = command.data;
  return (accusers?.[0] ?? id) === id ? node : undefined;
}

/** Living members but `node`, the view's own node included, counted one by one. */
function votersOf({ core }: View, node: string): number {
  let count = 1;
  for (const row of core.rows) {
    if (row.node !== node && (row.state === "alive" || row.state === "suspect")) count += 1;
  }
  return count;
}
