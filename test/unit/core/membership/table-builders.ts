import type { RowChange } from "../../../../runtime/core/membership/contract.js";
import { completeFacts } from "../../../../runtime/core/membership/facts.js";
import type { MemberState, News } from "../../../../runtime/core/membership/news.js";
import { MapRows, newsOf, type RowFields } from "../../../../runtime/core/membership/rows.js";
import { MemberTable, type Told } from "../../../../runtime/core/membership/table.js";

export const EPOCH = 100;

export function factsAt(node: string) {
  const metadata = { rack: node };
  return completeFacts("node", {
    address: `${node}:7946`,
    version: "1.0.0",
    capabilities: ["mesh"],
    metadata,
  });
}

/** A living member with all its facts, unless told otherwise. */
export function member(node: string, change: Partial<RowFields> = {}): RowFields {
  return {
    node,
    role: "node",
    state: "alive",
    epoch: EPOCH,
    incarnation: 0,
    facts: factsAt(node),
    accusers: [],
    ...change,
  };
}

/** News of one life of a member, told by `z`. */
export function told(node: string, state: MemberState, change: Partial<News> = {}): Told {
  return { from: "z", news: { node, state, epoch: EPOCH, incarnation: 0, ...change } };
}

/** The table of node `own`, which knows these members with all their facts, and its changes. */
export function tableOf(own: string, ...members: RowFields[]) {
  const changes: RowChange[] = [];
  const changed = (change: RowChange) => changes.push(change);
  const table = new MemberTable({ own: member(own), rows: new MapRows(), changed });
  for (const fields of members) introduce(table, fields);
  changes.length = 0;
  return { table, changes };
}

function introduce(table: MemberTable, fields: RowFields): void {
  const alive = newsOf({ ...fields, state: "alive", accusers: [] });
  table.hear(0, { from: fields.node, news: alive, facts: fields.facts }, false);
  const accusers = fields.state === "dead" ? ["y", "z"] : fields.accusers;
  table.hear(0, { from: "z", news: newsOf({ ...fields, accusers }) }, false);
}
