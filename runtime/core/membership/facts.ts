import type { Role } from "../../../generated/types.js";
import { hashText, toHex } from "./fnv.js";
import type { News } from "./news.js";

/** What a node tells of itself beside its life and its role. Replaced as a whole, never changed. */
export interface MemberFacts {
  /** Where it is dialled, `host:port`; a node that does not listen has none. */
  readonly address?: string | undefined;
  readonly version?: string | undefined;
  readonly capabilities: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  /** 16 hex characters that name all of the above, as the node itself gives them; "" where nobody said. */
  readonly hash: string;
  /** Whether capabilities and labels are known. News does not carry them; announcements and sync do. */
  readonly isComplete: boolean;
}

export const NO_FACTS: MemberFacts = {
  capabilities: [],
  metadata: {},
  hash: "",
  isComplete: false,
};

/**
 * What a node says of itself, named so that others see when it changed. A peer that knows only the
 * specification does not name its facts; then whoever hears its announcement does.
 */
export function completeFacts(
  role: Role,
  facts: Pick<MemberFacts, "address" | "version" | "capabilities" | "metadata">,
): MemberFacts {
  const { address, version, capabilities, metadata } = facts;
  const labels = Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify([role, address, version, [...capabilities].sort(), labels]);
  const hash = toHex(hashText(text));
  return { address, version, capabilities, metadata, hash, isComplete: true };
}

/** The facts after news: what it does not carry is kept as long as it still goes by the same name. */
export function factsAfter(news: News, known: MemberFacts): MemberFacts {
  const hash = news.facts_hash ?? known.hash;
  const address = news.address ?? known.address;
  const version = news.version ?? known.version;
  const isComplete = known.isComplete && hash === known.hash;
  if (isComplete && address === known.address && version === known.version) return known;
  return { ...known, address, version, hash, isComplete };
}

export function isSameFacts(a: MemberFacts, b: MemberFacts): boolean {
  const isSameName = a.hash === b.hash && a.isComplete === b.isComplete;
  return isSameName && a.address === b.address && a.version === b.version;
}
