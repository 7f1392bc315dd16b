import type { Constellation } from "./constellation.js";
import type { UpEvent } from "./events.js";
import type { MemberProcess } from "./member-process.js";
import type { Totals } from "./summary.js";

/** What has been achieved so far. */
export type Counts = { -readonly [Name in Exclude<keyof Totals, "members">]: number };

/** What all parts of the work share: who does it, and where it is counted and told. */
export interface WorkSite {
  readonly constellation: Constellation;
  readonly counts: Counts;
  readonly report: (event: UpEvent) => void;
}

/** All members but those named: the nodes, and last the controller, which is always there. */
export function others({ constellation }: WorkSite, ...names: readonly string[]): MemberProcess[] {
  const { nodes, controller } = constellation;
  return [...nodes, controller].filter(({ node }) => !names.includes(node));
}

/** The one whose turn it is. */
export function inTurn(members: readonly MemberProcess[], turn: number): MemberProcess {
  return members[turn % members.length]!;
}
