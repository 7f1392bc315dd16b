import type { SyncMember } from "./contract.js";
import type { MemberFacts } from "./facts.js";
import { isMemberState, type News } from "./news.js";
import type { Row } from "./rows.js";
import type { Told } from "./table.js";

/**
 * A row as a peer is told of it in answer to `sync.request`.
 *
 * @param speaks whether the peer agreed to the capability `membership`; else it is told nothing of lives
 * @param since when the member entered its state, Unix ms
 */
export function syncMember(row: Row, speaks: boolean, since: number): SyncMember {
  const { node, role, state, epoch, incarnation, facts, accusers } = row;
  const { address, version, hash } = facts;
  return {
    node,
    role,
    state,
    ...(address !== undefined && { address }),
    ...(version !== undefined && { version }),
    ...(facts.isComplete && labelsOf(facts)),
    since,
    ...(speaks && { epoch, incarnation }),
    ...(speaks && hash !== "" && { facts_hash: hash }),
    ...(speaks && accusers.length > 0 && { accusers: [...accusers] }),
  };
}

function labelsOf({ capabilities, metadata }: MemberFacts) {
  return { capabilities: [...capabilities], metadata: { ...metadata } };
}

/** No row is larger than this in MessagePack, whatever its labels are written in. */
export function syncMemberSizeMax({ node, facts }: Row): number {
  let length = node.length + (facts.address?.length ?? 0) + (facts.version?.length ?? 0);
  for (const capability of facts.capabilities) length += capability.length + TEXT_HEAD_SIZE_MAX;
  for (const [name, label] of Object.entries(facts.metadata)) {
    length += name.length + BYTES_PER_UNIT_MAX * label.length + 2 * TEXT_HEAD_SIZE_MAX;
  }
  return FIXED_SIZE_MAX + length;
}

const TEXT_HEAD_SIZE_MAX = 3;
/** UTF-8 takes at most three bytes for each UTF-16 unit. */
const BYTES_PER_UNIT_MAX = 3;
/** Names of all fields, numbers, the facts hash, and three accusers of 63 characters. */
const FIXED_SIZE_MAX = 450;

/**
 * What a peer says of one member, as news; none where it is in a state that is not known here. Of a
 * suspected member it says two things: that this life is known, which makes the member known here too, and
 * that it is suspected.
 */
export function toldOf(from: string, member: SyncMember): Told[] {
  const { node, role, state, address, version, epoch = 0, incarnation = 0 } = member;
  if (!isMemberState(state)) return [];
  const known = {
    node,
    role,
    epoch,
    incarnation,
    ...(address !== undefined && { address }),
    ...(version !== undefined && { version }),
    ...(member.facts_hash !== undefined && { facts_hash: member.facts_hash }),
  };
  const { accusers } = member;
  const news: News = { ...known, state, ...(accusers !== undefined && { accusers }) };
  const told = { from, news, facts: factsOf(member) };
  return state === "suspect" ? [{ ...told, news: { ...known, state: "alive" } }, told] : [told];
}

function factsOf(member: SyncMember): MemberFacts | undefined {
  const { address, version, capabilities, metadata = {}, facts_hash: hash = "" } = member;
  if (capabilities === undefined) return undefined;
  return { address, version, capabilities, metadata, hash, isComplete: true };
}
