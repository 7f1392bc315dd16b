import { Dice } from "../../world/dice.js";
import type { Problem } from "../check/rule.js";
import { Community } from "./community.js";

/** Until then all know each other, and from then on until the end nothing new goes wrong. */
const TROUBLE_MS = { from: 10_000, until: 70_000 };
const DURATION_MS = 220_000;

type Trouble = (community: Community, node: number, dice: Dice) => void;

/** What may happen to a node. Whoever it happens to has no other trouble. */
const TROUBLES: readonly Trouble[] = [
  ({ world }, node) => world.kill(node),
  ({ world }, node) => world.vanish(node),
  ({ world }, node) => world.leave(node),
  ({ world }, node, dice) => world.pause(node, dice.between(500, 12_000)),
  ({ world }, node, dice) => {
    if (dice.oneIn(2)) world.kill(node);
    else world.vanish(node);
    world.plan.after(dice.between(100, 20_000), () => world.start(node, others(world.size, node)));
  },
  ({ world }, node) => {
    world.leave(node);
    world.plan.after(1000, () => world.start(node, others(world.size, node)));
  },
  ({ world }, node, dice) => {
    const other = (node + 1 + dice.below(world.size - 1)) % world.size;
    world.plan.after(dice.between(1000, 30_000), world.network.cutOneWay([node], [other]));
  },
  ({ world }, node) => {
    for (const other of others(world.size, node)) world.network.resetBetween(node, other);
  },
  (community, node, dice) => community.isolate([node], dice.between(1000, 20_000), 80_000),
];

/** What became of a world. */
export interface Lived {
  readonly problems: Problem[];
  readonly digest: string;
}

/** A small cluster in which some things go wrong, all as the seed has it. */
export function liveByChance(seed: number): Lived {
  const dice = new Dice(seed);
  const count = 5 + dice.below(8);
  const dissemination = dice.oneIn(2) ? "mesh" : "epidemic";
  const isAcquainted = !dice.oneIn(4);
  const community = new Community({ seed, count, dissemination, isAcquainted }).begin();
  const { network, plan, engine } = community.world;
  if (dice.oneIn(3)) {
    network.weather = { ...network.weather, lossProbability: dice.between(0.01, 0.1) };
  }
  // A majority has no trouble.
  for (let node = 0; node < Math.floor((count - 1) / 2); node++) {
    const trouble = TROUBLES[dice.below(TROUBLES.length)]!;
    const at = dice.between(TROUBLE_MS.from, TROUBLE_MS.until);
    plan.after(at, () => trouble(community, node, dice));
  }
  community.run(DURATION_MS);
  return { problems: community.end(), digest: engine.hash.digest() };
}

const RESTLESS = { count: 12, pausingCount: 5, pauseEveryMs: 3000, untilMs: 120_000 };

/** A small cluster of which five stand still again and again, on a bad network. */
export function liveRestlessly(seed: number): Lived {
  const { count, pausingCount, pauseEveryMs, untilMs } = RESTLESS;
  const community = new Community({ seed, count, dissemination: "mesh" }).begin();
  const { network, plan, engine } = community.world;
  network.weather = { ...network.weather, lossProbability: 0.1 };
  const pause = (node: number) => {
    if (community.now > untilMs) return;
    community.world.pause(node, engine.dice.between(500, 2000));
    plan.after(engine.dice.exponential(pauseEveryMs), () => pause(node));
  };
  for (let node = 0; node < pausingCount; node++) plan.after(TROUBLE_MS.from, () => pause(node));
  community.run(DURATION_MS);
  return { problems: community.end(), digest: engine.hash.digest() };
}

/** Those that have no trouble come first. */
function others(size: number, node: number): number[] {
  return Array.from({ length: size }, (_, index) => size - 1 - index).filter((one) => one !== node);
}
