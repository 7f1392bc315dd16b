import type { Role } from "../../../generated/types.js";
import type { AnnounceData, LeaveData, Speaker, SuspectData } from "./contract.js";
import { completeFacts, type MemberFacts } from "./facts.js";
import type { Life, News } from "./news.js";

/*
 * What messages say in terms of lives and news. Peers that know only the specification say nothing of lives; then
 * the life that is known is meant.
 */

/** The lives that messages of members may leave out. */
interface ToldLife {
  readonly epoch?: number;
  readonly incarnation?: number;
}

/**
 * Which life speaks. Messages that leave before the connection has shown what the peer understands say nothing of
 * it; if the connection is of a later process than the one that is known, then so are they.
 *
 * @returns `undefined`: the one that is known
 */
export function lifeIn(
  { epoch, incarnation = 0 }: ToldLife,
  from: Speaker,
  known: Life | undefined,
): Life | undefined {
  if (epoch !== undefined) return { epoch, incarnation };
  if (!from.speaks || from.epoch === undefined) return undefined;
  const isLater = known === undefined || known.epoch < from.epoch;
  return isLater ? { epoch: from.epoch, incarnation: 0 } : undefined;
}

/** Whoever does not name its facts has them named here. */
export function factsIn(role: Role, announce: AnnounceData): MemberFacts {
  const { address, version, capabilities, metadata = {}, facts_hash: hash } = announce;
  const facts = { address, version, capabilities, metadata };
  return hash === undefined ? completeFacts(role, facts) : { ...facts, hash, isComplete: true };
}

/** That a member left, as it says itself; `undefined`: nothing is known of it anyway. */
export function leaveIn(data: LeaveData, from: Speaker, known: Life | undefined): News | undefined {
  const life = lifeIn(data, from, known) ?? known;
  return life === undefined ? undefined : { node: from.id, state: "left", ...livedIn(life) };
}

/** What is told of another member; `undefined`: of a stranger, or something that is no doubt of its life. */
export function doubtIn(data: SuspectData, known: Life | undefined): News | undefined {
  const { suspect_node: node, state = "dead", accusers } = data;
  if (known === undefined || !isDoubt(state)) return undefined;
  const { epoch = known.epoch, incarnation = known.incarnation } = data;
  return { node, state, epoch, incarnation, ...(accusers !== undefined && { accusers }) };
}

function isDoubt(state: string): state is "suspect" | "dead" {
  return state === "suspect" || state === "dead";
}

function livedIn({ epoch, incarnation }: Life): Life {
  return { epoch, incarnation };
}
