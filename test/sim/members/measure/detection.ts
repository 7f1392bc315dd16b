import type { DisseminationName } from "../../../../runtime/core/membership/contract.js";
import { TIMINGS } from "../../../../runtime/core/membership/timing.js";
import { Community } from "../scenarios/community.js";
import { Victims } from "./victims.js";

export interface DetectionOptions {
  readonly seed: number;
  readonly count: number;
  readonly dissemination: DisseminationName;
  readonly victimCount: number;
}

export interface Detection {
  readonly victims: number;
  /** All in periods: heartbeat intervals of `lan`, which are its probe intervals too. */
  readonly mean_first_detection_periods: number;
  readonly p99_first_detection_periods: number;
  readonly informed_mean_periods: number;
  readonly informed_max_periods: number;
  readonly bound_periods: number;
  readonly false_suspicions: number;
  readonly false_deaths: number;
}

const PERIOD_MS = TIMINGS.lan.heartbeatIntervalMs;

/** By then all exchange heartbeats. */
const WARM_MS = 10_000;

/** So long a victim is gone. Then it starts again, where the cluster is so small that it would be missed. */
const GONE_MS = 15_000;
const SMALL_COUNT_MAX = 500;

/** Of so many nodes one is gone at a time; in smaller clusters one. */
const NODES_PER_VICTIM = 40;

/** But no oftener: a heartbeat tells of eight things, and what more happens in a large cluster has to queue. */
const GAP_MIN_MS = 500;

/** Within how many periods all members are to be informed of a death: the published bound. */
export function boundPeriods(count: number): number {
  return 6 + 1.25 * Math.log10(count);
}

/**
 * How soon members that lose their power are found: nothing comes from them any more, and nothing says so. They are
 * taken at random, at random times.
 */
export function measureDetection({ victimCount, ...options }: DetectionOptions): Detection {
  const community: Community = new Community({
    ...options,
    isJudged: false,
    see: (shell, output) => victims.see(shell, output),
  });
  const victims = new Victims(community.world);
  community.begin().run(WARM_MS);
  takeVictims(community, victims, victimCount);
  return detectionOf(options.count, victims);
}

/** Takes so many victims, and waits until all of them must have been found. */
export function takeVictims(community: Community, victims: Victims, victimCount: number): void {
  const { engine, size } = community.world;
  const restMs = size > SMALL_COUNT_MAX ? 0 : GONE_MS;
  const goneCountMax = Math.max(1, Math.floor(size / NODES_PER_VICTIM));
  const gapMs = Math.max(GAP_MIN_MS, (GONE_MS + restMs) / goneCountMax);
  for (let count = 0; count < victimCount; count++) {
    community.run(gapMs * (0.5 + engine.dice.float()));
    take(community, victims);
  }
  community.run(2 * GONE_MS);
}

function take({ world }: Community, victims: Victims): void {
  const running = world.running().filter(({ node, id }) => {
    const sinceMs = world.engine.now - world.truth.since(id);
    return world.machine(node).process !== undefined && sinceMs >= WARM_MS;
  });
  const place = Math.floor(world.engine.dice.float() * running.length);
  const { node } = running[place]!;
  victims.vanish(node);
  if (world.size > SMALL_COUNT_MAX) return;
  world.plan.after(GONE_MS, () =>
    world.start(
      node,
      world.running().map((shell) => shell.node),
    ),
  );
}

export function detectionOf(count: number, victims: Victims): Detection {
  const found = victims.foundMs.map((ms) => ms / PERIOD_MS).sort((a, b) => a - b);
  const informed = victims.informedMs.map((ms) => ms / PERIOD_MS);
  return {
    victims: victims.count,
    mean_first_detection_periods: mean(found),
    p99_first_detection_periods: found[Math.floor(0.99 * (found.length - 1))] ?? Number.NaN,
    informed_mean_periods: mean(informed),
    informed_max_periods: Math.max(...informed),
    bound_periods: boundPeriods(count),
    false_suspicions: victims.falseSuspicionCount,
    false_deaths: victims.falseDeathCount,
  };
}

function mean(numbers: readonly number[]): number {
  return numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
}
