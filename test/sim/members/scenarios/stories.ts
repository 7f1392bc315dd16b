import type { Community } from "./community.js";

/** Something that happens to a community, and what has to be true in the end. */
export interface Story {
  /** What happens, from 20 s on: by then all know each other. */
  tell(community: Community): void;
  /** How long it takes until all is quiet again. */
  readonly durationMs: number;
  /** Nodes that may be suspected or taken for dead on the way. */
  readonly doubted?: readonly number[];
  /** Where nothing may be held against anybody. */
  readonly isStormy?: boolean;
  readonly extraNames?: readonly string[];
}

const AT_MS = 20_000;

/** The one that it happens to, and another. */
export const HERO = 1;
export const OTHER = 2;

export const STORIES = {
  "all is well": { tell() {}, durationMs: 120_000 },

  "one is killed": {
    tell: ({ world }) => world.plan.after(AT_MS, () => world.kill(HERO)),
    durationMs: 60_000,
    doubted: [HERO],
  },

  "one loses its power": {
    tell: ({ world }) => world.plan.after(AT_MS, () => world.vanish(HERO)),
    durationMs: 60_000,
    doubted: [HERO],
  },

  "one is stopped for ten seconds": {
    tell: ({ world }) => world.plan.after(AT_MS, () => world.pause(HERO, 10_000)),
    durationMs: 60_000,
    doubted: [HERO],
  },

  "one does not get through to another": {
    tell: ({ world }) => {
      world.plan.after(AT_MS, () => world.network.cutOneWay([HERO], [OTHER]));
    },
    durationMs: 120_000,
  },

  "one leaves": {
    tell: ({ world }) => world.plan.after(AT_MS, () => world.leave(HERO)),
    durationMs: 60_000,
  },

  "one is killed and starts again": {
    tell: ({ world }) => {
      world.plan.after(AT_MS, () => world.kill(HERO));
      world.plan.after(AT_MS + 1000, () => world.start(HERO, [0, OTHER]));
    },
    durationMs: 60_000,
    doubted: [HERO],
  },

  "two halves do not hear each other for a minute": {
    tell: (community) => {
      const { machines, plan } = community.world;
      const half = machines.map(({ node }) => node).slice(machines.length / 2);
      plan.after(AT_MS, () => community.isolate(half, 60_000, 60_000));
    },
    durationMs: 200_000,
    isStormy: true,
  },

  "one in ten segments is lost, and some stand still now and then": {
    tell: ({ world }) => {
      const { network, plan, engine } = world;
      network.weather = { ...network.weather, lossProbability: 0.1 };
      const pause = (node: number) => {
        if (engine.now > 150_000) return;
        world.pause(node, engine.dice.between(500, 2000));
        plan.after(engine.dice.exponential(6000), () => pause(node));
      };
      plan.after(AT_MS, () => pause(HERO));
      plan.after(AT_MS, () => pause(OTHER));
    },
    durationMs: 200_000,
    isStormy: true,
  },
} satisfies Readonly<Record<string, Story>>;
