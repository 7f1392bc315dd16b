import type { DiskSettings } from "./disk/disk.js";
import type { PipeSettings } from "./net/pipe.js";
import type { Dice } from "./world/dice.js";

/** What may go wrong. Each is left out of half of all worlds, so that none hides what another would show. */
export const FAULTS = [
  "stall",
  "blackhole",
  "reset",
  "vanish",
  "half-open",
  "farewell",
  "crash",
  "power-loss",
  "leave",
  "lost-disk",
  "rolled-back-disk",
  "slow-disk",
  "failing-disk",
  "clock-jump",
  "pause",
] as const;
export type Fault = (typeof FAULTS)[number];

/** What handlers and callers may do that makes life hard for others. */
export const HABITS = [
  "large-messages",
  "bursts",
  "tiny-chunks",
  "small-buffers",
  "slow-handlers",
  "hanging-handlers",
  "failing-handlers",
  "answers-twice",
  "cancels",
  "short-deadlines",
  "slow-readers",
  "leaves-streams",
  "given-ids",
  "old-peers",
  "channels",
  "busy-handlers",
  "stores",
] as const;
export type Habit = (typeof HABITS)[number];

/** What one world is like, drawn from its seed. */
export interface Plan {
  readonly nodes: readonly string[];
  /** Things go wrong, and callers call, until then. */
  readonly healAt: number;
  readonly faults: ReadonlySet<Fault>;
  readonly habits: ReadonlySet<Habit>;
  /** Between two faults of the network, and of a node. */
  readonly networkFaultMeanMs: number;
  readonly nodeFaultMeanMs: number;
  readonly callMeanMs: number;
  /** Between messages of one node in channels; and whether many may be sent at once, which no credit holds up. */
  readonly sendMeanMs: number;
  readonly floods: boolean;
  /** Names of channels; in `bulk` most messages have no order, in the others most have one. */
  readonly channels: readonly string[];
  readonly handlerMeanMs: number;
  readonly timing: {
    readonly helloTimeoutMs: number;
    readonly keepaliveIntervalMs: number;
    readonly keepalivePatienceMs: number;
    readonly drainMs: number;
  };
  /** After so long a handler is given up. */
  readonly handlerTimeoutMs: number;
  readonly deadlineMaxMs: number;
  readonly payloadSizeMax: number;
  readonly disk: DiskSettings;
  pipe(): PipeSettings;
}

export function planOf(dice: Dice): Plan {
  const faults = new Set(FAULTS.filter(() => dice.oneIn(2)));
  const habits = new Set(HABITS.filter(() => dice.oneIn(2)));
  const has = (habit: Habit) => habits.has(habit);
  const nodeCount = 2 + dice.below(3);
  const jitterMeanMs = dice.magnitude(1, 100);
  const latencyMinMs = dice.magnitude(1, 30);
  return {
    nodes: Array.from({ length: nodeCount }, (_, index) => `node-${index + 1}`),
    healAt: dice.between(2000, 12_000),
    faults,
    habits,
    networkFaultMeanMs: dice.magnitude(300, 3000),
    nodeFaultMeanMs: dice.magnitude(1000, 6000),
    callMeanMs: dice.magnitude(20, 150) * nodeCount * (has("channels") ? 4 : 1),
    sendMeanMs: dice.magnitude(30, 200) * nodeCount,
    floods: has("channels") && dice.oneIn(12),
    channels: dice.shuffled(["control", "orders", "bulk"]).slice(dice.below(3)),
    handlerMeanMs: has("slow-handlers") ? dice.magnitude(50, 1000) : 5,
    timing: {
      helloTimeoutMs: 2000,
      keepaliveIntervalMs: dice.magnitude(500, 10_000),
      keepalivePatienceMs: dice.magnitude(500, 3000),
      drainMs: dice.magnitude(100, 5000),
    },
    handlerTimeoutMs: dice.magnitude(500, 5000),
    deadlineMaxMs: has("short-deadlines") ? 300 : 5000,
    payloadSizeMax: has("large-messages") ? 100_000 : 2000,
    disk: {
      commitMeanMs: faults.has("slow-disk") ? dice.magnitude(5, 500) : 1,
      failureProbability: faults.has("failing-disk") ? 0.02 : 0,
    },
    pipe: () => ({
      latencyMinMs,
      jitterMeanMs,
      chunkSizeMax: has("tiny-chunks") ? 200 : 65_536,
      capacity: has("small-buffers") ? dice.magnitude(256, 16_384) : 262_144,
    }),
  };
}
