import { type ResourceRequest, RnpError } from "../index.js";
import { parseConstraint } from "./constraints.js";
import type { PlacementRules, Strategy } from "./placement.js";

/** Where an instance should run, as the caller writes it. Without it: `spread`, anywhere. */
export interface PlacementWish {
  readonly strategy?: Strategy;
  /** Such as `region=us-east`, `datacenter!=lab` or `node=node-3`. All must hold. */
  readonly constraints?: readonly string[];
}

/**
 * Reads a wish, from here or from the wire. A strategy that this version does not know is refused, not
 * replaced: the caller meant something by it.
 */
export function placementRules(
  wish: PlacementWish | ResourceRequest["placement"] = {},
): PlacementRules {
  const { strategy = "spread", constraints = [] } = wish;
  const known = Object.hasOwn(STRATEGIES, strategy) ? STRATEGIES[strategy] : undefined;
  if (known === undefined) {
    throw new RnpError("UNSUPPORTED", `placement strategy ${JSON.stringify(strategy)}`, {
      details: { feature: strategy.slice(0, 64), supported: Object.keys(STRATEGIES) },
    });
  }
  return { strategy: known, constraints: constraints.map(parseConstraint) };
}

/** By every name they go by on the wire. */
const STRATEGIES: Readonly<Record<string, Strategy>> = {
  spread: "spread",
  binpack: "binpack",
  random: "random",
};
