import type { DisseminationName } from "../../../../runtime/core/membership/contract.js";
import { TIMINGS } from "../../../../runtime/core/membership/timing.js";
import { Community } from "../scenarios/community.js";

export interface LoadOptions {
  readonly seed: number;
  readonly count: number;
  readonly dissemination: DisseminationName;
  readonly periodCount: number;
}

export interface Load {
  /** All messages that arrive: heartbeats, pings and their answers, probes, sync. */
  readonly messages_per_node_per_period: number;
  /** Of their payloads, as far as a sample of them tells. */
  readonly bytes_per_message: number;
  readonly connections_max: number;
}

const PERIOD_MS = TIMINGS.lan.heartbeatIntervalMs;
const WARM_MS = 10_000;

/** In a smaller cluster what happens to a few is no small trouble, so there nothing happens. */
const EVENTFUL_COUNT_MIN = 100;
const VANISHING_COUNT = 5;

/** What a node has to bear in some periods in which five lose their power, one leaves and one comes back. */
export function measureLoad({ periodCount, ...options }: LoadOptions): Load {
  const community = new Community({ ...options, isJudged: false, sampleEvery: 100 });
  community.begin().run(WARM_MS);
  const before = community.sample.seenCount;
  if (options.count >= EVENTFUL_COUNT_MIN) plan(community, periodCount * PERIOD_MS);
  community.run(periodCount * PERIOD_MS);
  const { seenCount, sampleCount, byteCount } = community.sample;
  return {
    messages_per_node_per_period: (seenCount - before) / options.count / periodCount,
    bytes_per_message: byteCount / sampleCount,
    connections_max: Math.max(...community.world.running().map((shell) => shell.connectionCount)),
  };
}

function plan({ world }: Community, durationMs: number): void {
  for (let index = 0; index < VANISHING_COUNT; index++) {
    world.plan.after((durationMs * index) / (2 * VANISHING_COUNT), () => world.vanish(index));
  }
  world.plan.after(durationMs / 4, () => world.leave(VANISHING_COUNT));
  world.plan.after(durationMs / 2, () => world.start(VANISHING_COUNT, [VANISHING_COUNT + 1]));
}
