import type { MemberNews } from "../../../generated/types.js";

/** `left` is no death: the node said so itself and its work was handed over. */
export type MemberState = "alive" | "suspect" | "dead" | "left";

/** A later version may know further states; what a peer says in one of those is skipped. */
export function isMemberState(state: string): state is MemberState {
  return isLiving(state as MemberState) || state === "dead" || state === "left";
}

/**
 * Which life of a node is meant. A later process has a higher `epoch` (Unix ms of its start); within one
 * process the node raises `incarnation` each time it refutes what is said of it (SWIM §4.2). Nobody else
 * ever raises either.
 */
export interface Life {
  readonly epoch: number;
  readonly incarnation: number;
}

/**
 * What one node tells of another, or of itself, as it is on the wire. It is shared between tables and queues
 * and never changed. Without a role the receiver keeps what it knows, and takes an unknown node for a `node`.
 */
export interface News extends Readonly<Omit<MemberNews, "state">>, Life {
  readonly state: MemberState;
}

/** Drops the news that a later version means for its like. */
export function knownNews(news: readonly MemberNews[]): News[] {
  return news.filter(isKnownNews);
}

export function isKnownNews(news: MemberNews): news is MemberNews & News {
  return isMemberState(news.state);
}

/** More accusers than this change nothing: two bury, and the third only shortens the wait to its minimum. */
export const ACCUSER_COUNT_MAX = 3;

/** How the life that news is about compares to the life of the row it meets. */
export type Relation = "older-epoch" | "older" | "same" | "newer" | "newer-epoch";

/** Negative where `a` is the earlier life, 0 where both are the same, positive where it is the later. */
export function compareLife(a: Life, b: Life): number {
  return a.epoch - b.epoch || a.incarnation - b.incarnation;
}

export function relationOf(news: Life, row: Life): Relation {
  if (news.epoch !== row.epoch) return news.epoch < row.epoch ? "older-epoch" : "newer-epoch";
  if (news.incarnation === row.incarnation) return "same";
  return news.incarnation < row.incarnation ? "older" : "newer";
}

/** Whether a member in this state takes part in the cluster; the others are gone. */
export function isLiving(state: MemberState): boolean {
  return state === "alive" || state === "suspect";
}
