import { RnpError } from "../index.js";
import { type Constraint, matchesConstraint } from "./constraints.js";

/**
 * Chooses the node for an instance. Pure: what the nodes have comes in, and so does randomness.
 *
 * 1. Only nodes that satisfy every constraint count.
 * 2. Of these, only nodes on which all three resources fit.
 * 3. The strategy picks one. Ties go to the name that sorts first, so equal input gives an equal answer.
 */

/** What an instance needs, and what a node can give. */
export interface Demand {
  readonly cpu_cores: number;
  readonly ram_mb: number;
  readonly disk_mb: number;
}

/** A node as placement sees it. */
export interface Candidate {
  readonly node: string;
  /** What the node announced, such as `datacenter`; constraints look here. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly total: Demand;
  /** What the node reported as available, minus what is promised on it. May be negative. */
  readonly free: Demand;
  /** Instances that are placed on the node, started or not. */
  readonly instanceCount: number;
}

/** Why no node fits, in numbers. */
export interface Shortage {
  /** The node that comes closest. `undefined` when no node satisfies the constraints. */
  readonly node: string | undefined;
  /** What is short on that node: how much was requested and how much is free. */
  readonly short: readonly {
    readonly resource: keyof Demand;
    readonly requested: number;
    readonly available: number;
  }[];
  /** How many nodes were considered. */
  readonly nodeCount: number;
  /** A constraint that no node satisfies, or the last one where only all of them together are too much. */
  readonly unmatchedConstraint: string | undefined;
}

export type Placed =
  | { readonly kind: "placed"; readonly node: string }
  | { readonly kind: "shortage"; readonly shortage: Shortage };

/** - `spread`: the node with the fewest instances. `binpack`: the fullest that fits. `random`: any that fits. */
export type Strategy = "spread" | "binpack" | "random";

export interface PlacementRules {
  readonly strategy: Strategy;
  readonly constraints: readonly Constraint[];
}

/** Places `demand` on one of `candidates`. `random` gives a number from 0 up to, not including, 1. */
export function place(
  demand: Demand,
  candidates: readonly Candidate[],
  { strategy, constraints }: PlacementRules,
  random: () => number,
): Placed {
  const matching = candidates
    .filter((candidate) => constraints.every((each) => matchesConstraint(each, candidate)))
    .sort((a, b) => (a.node < b.node ? -1 : 1));
  const fitting = matching.filter((candidate) => lacking(demand, candidate).length === 0);
  const [first, ...others] = fitting;
  if (first === undefined) {
    const unmatchedConstraint = unmatched(constraints, candidates, matching.length);
    const nodeCount = candidates.length;
    return {
      kind: "shortage",
      shortage: { ...closest(demand, matching), nodeCount, unmatchedConstraint },
    };
  }
  if (strategy === "random") {
    return { kind: "placed", node: fitting[Math.floor(random() * fitting.length)]!.node };
  }
  const isBetter = strategy === "spread" ? isEmptier : isFuller;
  const best = others.reduce((chosen, next) => (isBetter(next, chosen) ? next : chosen), first);
  return { kind: "placed", node: best.node };
}

/** A shortage as the error that its requester gets. */
export function shortageError({ node, short, nodeCount, unmatchedConstraint }: Shortage): RnpError {
  const details: Record<string, number | string> = { nodes: nodeCount };
  for (const { resource, requested, available } of short) {
    details[`requested_${DETAIL_NAMES[resource]}`] = requested;
    details[`available_${DETAIL_NAMES[resource]}`] = available;
  }
  if (unmatchedConstraint !== undefined) details.unmatched_constraint = unmatchedConstraint;
  const amounts = short.map(
    ({ resource, requested, available }) =>
      `${requested} ${UNITS[resource]} requested, ${available} available`,
  );
  const text =
    node !== undefined
      ? `no node has room: ${amounts.join("; ")} on ${node}, the closest of ${nodeCount}`
      : unmatchedConstraint !== undefined
        ? `no node satisfies ${unmatchedConstraint} (${nodeCount} nodes)`
        : "no node has reported its resources yet";
  return new RnpError("RESOURCE_EXHAUSTED", text, { details });
}

function lacking(demand: Demand, { free }: Candidate): (keyof Demand)[] {
  return RESOURCES.filter((resource) => demand[resource] > 0 && demand[resource] > free[resource]);
}

/** The candidate that lacks the fewest resources, and of those the one with most of what it lacks. */
function closest(demand: Demand, matching: readonly Candidate[]): Pick<Shortage, "node" | "short"> {
  const ranked = matching.map((candidate) => {
    const short = lacking(demand, candidate).map((resource) => ({
      resource,
      requested: demand[resource],
      available: Math.max(0, round(candidate.free[resource])),
    }));
    const covered = short.map(({ available, requested }) => available / requested);
    return { node: candidate.node, short, deficit: short.length - Math.min(...covered) };
  });
  const [best] = ranked.sort((a, b) => a.deficit - b.deficit);
  return { node: best?.node, short: best?.short ?? [] };
}

function unmatched(
  constraints: readonly Constraint[],
  candidates: readonly Candidate[],
  matchingCount: number,
): string | undefined {
  if (matchingCount > 0 || candidates.length === 0) return undefined;
  const alone = constraints.find((each) => !candidates.some((c) => matchesConstraint(each, c)));
  return (alone ?? constraints.at(-1))?.text;
}

function isEmptier(next: Candidate, chosen: Candidate): boolean {
  if (next.instanceCount !== chosen.instanceCount) return next.instanceCount < chosen.instanceCount;
  return freeShare(next) > freeShare(chosen);
}

function isFuller(next: Candidate, chosen: Candidate): boolean {
  return freeShare(next) < freeShare(chosen);
}

/** How empty a node is by its scarcest resource, 0 to 1: the one that will stop it from taking more. */
function freeShare({ free, total }: Candidate): number {
  return Math.min(...RESOURCES.map((each) => (total[each] > 0 ? free[each] / total[each] : 1)));
}

/** Differences of decimal fractions get noise digits that help nobody in a message. */
function round(amount: number): number {
  return Math.round(amount * 1000) / 1000;
}

const RESOURCES = ["cpu_cores", "ram_mb", "disk_mb"] as const;
const UNITS = { cpu_cores: "CPU cores", ram_mb: "MB of RAM", disk_mb: "MB of disk" };
/** How `RESOURCE_EXHAUSTED` names them in its details. */
const DETAIL_NAMES = { cpu_cores: "cores", ram_mb: "mb", disk_mb: "disk_mb" };
