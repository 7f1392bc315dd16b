import { type Life, type MemberState, type News, type Relation, relationOf } from "./news.js";

/**
 * What becomes of news.
 *
 * - `accept`: the row takes it over.
 * - `hold`: the same, unless this node itself heard that very life lately. Own ears beat the words of
 *   others; then it waits until the next sign of life is due, and is dropped if one comes.
 * - `confirm`: the row says so already; the news brings another accuser.
 * - `ignore`: the row knows better.
 */
export type Verdict = "accept" | "hold" | "confirm" | "ignore";

type ByNews = Readonly<Record<MemberState, Verdict>>;

/**
 * Whoever forgot a member that was gone must not learn of it again from one who has not forgotten yet,
 * or it would go round for ever.
 */
export const UNKNOWN: ByNews = {
  alive: "accept",
  suspect: "ignore",
  dead: "ignore",
  left: "ignore",
};

/**
 * What a row makes of news: by the state of the row, by how the life in the news compares to that of the
 * row, and by what the news says. It is the order of SWIM §4.2 with two additions. Within one life only the
 * node itself can say that it left, so that is final; and a later life overrules everything, also a death,
 * since only the node itself begins one.
 */
export const PRECEDENCE: Readonly<Record<MemberState, Readonly<Record<Relation, ByNews>>>> = {
  alive: {
    "older-epoch": { alive: "ignore", suspect: "ignore", dead: "ignore", left: "ignore" },
    older: { alive: "ignore", suspect: "ignore", dead: "ignore", left: "ignore" },
    same: { alive: "ignore", suspect: "hold", dead: "hold", left: "accept" },
    newer: { alive: "accept", suspect: "hold", dead: "hold", left: "accept" },
    "newer-epoch": { alive: "accept", suspect: "hold", dead: "hold", left: "accept" },
  },
  suspect: {
    "older-epoch": { alive: "ignore", suspect: "ignore", dead: "ignore", left: "ignore" },
    older: { alive: "ignore", suspect: "ignore", dead: "ignore", left: "ignore" },
    same: { alive: "ignore", suspect: "confirm", dead: "hold", left: "accept" },
    newer: { alive: "accept", suspect: "hold", dead: "hold", left: "accept" },
    "newer-epoch": { alive: "accept", suspect: "hold", dead: "hold", left: "accept" },
  },
  dead: {
    "older-epoch": { alive: "ignore", suspect: "ignore", dead: "ignore", left: "ignore" },
    older: { alive: "ignore", suspect: "ignore", dead: "ignore", left: "ignore" },
    same: { alive: "ignore", suspect: "ignore", dead: "ignore", left: "accept" },
    newer: { alive: "accept", suspect: "hold", dead: "hold", left: "accept" },
    "newer-epoch": { alive: "accept", suspect: "hold", dead: "hold", left: "accept" },
  },
  left: {
    "older-epoch": { alive: "ignore", suspect: "ignore", dead: "ignore", left: "ignore" },
    older: { alive: "ignore", suspect: "ignore", dead: "ignore", left: "ignore" },
    same: { alive: "ignore", suspect: "ignore", dead: "ignore", left: "ignore" },
    newer: { alive: "accept", suspect: "hold", dead: "hold", left: "accept" },
    "newer-epoch": { alive: "accept", suspect: "hold", dead: "hold", left: "accept" },
  },
};

/** @param row what is known of the node that the news is about; `undefined`: nothing */
export function judge(row: (Life & { state: MemberState }) | undefined, news: News): Verdict {
  if (row === undefined) return UNKNOWN[news.state];
  return PRECEDENCE[row.state][relationOf(news, row)][news.state];
}
