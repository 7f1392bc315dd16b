import { ACCUSER_COUNT_MAX, type News } from "./news.js";

/** How many have to miss a member before it may be buried, where there are as many who could. */
const BURIER_COUNT = 2;

/**
 * How many accusers bury a member. One node's word never does, lest a node that is itself cut off or slow
 * bury healthy ones; only where nobody else could accuse does one suffice.
 *
 * @param voterCount living members but the one in question, the own node included
 */
export function burierCount(voterCount: number): number {
  return Math.min(BURIER_COUNT, Math.max(1, voterCount));
}

/** Who vouches for news of a suspicion or a death. Who only passes on what others found is no witness. */
export function accusersOf({ accusers = [] }: News, teller: string): readonly string[] {
  return accusers.length === 0 ? [teller] : accusers;
}

/** Both together, each once, the earlier first; the same array where nothing is added. */
export function joinedAccusers(
  known: readonly string[],
  more: readonly string[],
): readonly string[] {
  const added = more.filter((accuser) => !known.includes(accuser));
  if (added.length === 0 || known.length >= ACCUSER_COUNT_MAX) return known;
  return [...new Set([...known, ...added])].slice(0, ACCUSER_COUNT_MAX);
}

/** The news as far as it is to be believed: a death that too few vouch for is a suspicion. */
export function credible(news: News, accusers: readonly string[], voterCount: number): News {
  if (news.state !== "dead") return news;
  const isEnough = new Set(accusers).size >= burierCount(voterCount);
  return isEnough ? news : { ...news, state: "suspect" };
}
