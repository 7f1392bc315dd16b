import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { MetricSample } from "../index.js";
import type { GroupUsage } from "./group-usage.js";
import { percent, resourceStatus, rounded, type SystemSnapshot } from "./system-resources.js";

/** One look at the machine and at what runs on it. */
export interface MetricLook {
  /** Unix time in ms. */
  readonly timestamp: number;
  readonly system: SystemSnapshot;
  readonly instances: readonly InstanceLook[];
}

export interface InstanceLook {
  readonly instance_id: string;
  /** Tells two lives of one instance apart. */
  readonly pid: number;
  /** `undefined` where it cannot be measured. */
  readonly usage: GroupUsage | undefined;
}

/**
 * Looks at the machine for all who watch it, and only when one of them asks. Those who ask within a moment
 * share a look, so that many cost no more than one does.
 */
export class MetricLooks {
  readonly #take: () => Promise<MetricLook>;
  #latest: { readonly look: Promise<MetricLook>; readonly atMs: number } | undefined;

  constructor(take: () => Promise<MetricLook>) {
    this.#take = take;
  }

  look(): Promise<MetricLook> {
    const now = performance.now();
    if (this.#latest !== undefined && now - this.#latest.atMs < SHARED_MS) return this.#latest.look;
    const look = this.#take();
    this.#latest = { look, atMs: now };
    return look;
  }

  /**
   * Answers `metric.subscribe`: a sample at each interval. A reader that is slower gets fewer, each over the
   * time since its last one.
   *
   * @throws the reason of `signal` when that aborts
   */
  async *samples(intervalMs: number, signal: AbortSignal): AsyncGenerator<MetricSample, void> {
    for (let earlier = await this.look(); ; ) {
      await sleep(untilTick(performance.now(), intervalMs), undefined, { signal }).catch(() => {});
      signal.throwIfAborted();
      const later = await this.look();
      // The same look again says nothing new.
      if (later !== earlier) yield metricSample(earlier, later);
      earlier = later;
    }
  }
}

/**
 * How long to wait for the next multiple of the interval, or for the one after where that is too near: all
 * readers with one interval look at the same moment.
 */
export function untilTick(nowMs: number, intervalMs: number): number {
  const waitMs = intervalMs - (nowMs % intervalMs);
  return waitMs < intervalMs / 2 ? waitMs + intervalMs : waitMs;
}

/** What two looks tell: averages over the time between them, and amounts as of the later one. */
export function metricSample(earlier: MetricLook, later: MetricLook): MetricSample {
  const elapsedTicks = later.system.cpu.total - earlier.system.cpu.total;
  return {
    timestamp: later.timestamp,
    ...resourceStatus(earlier.system, later.system),
    instances: later.instances.slice(0, INSTANCE_COUNT_MAX).map((instance) => {
      const { instance_id, pid, usage } = instance;
      if (usage === undefined) return { instance_id };
      // What has begun since the earlier look had used nothing then.
      const before = earlier.instances.find((each) => isSame(each, { instance_id, pid }));
      const busyTicks = usage.cpuTicks - (before?.usage?.cpuTicks ?? 0);
      const cpu_percent = elapsedTicks > 0 ? percent(busyTicks / elapsedTicks) : 0;
      return { instance_id, cpu_percent, ram_mb: rounded(usage.ramMb) };
    }),
  };
}

function isSame(one: Omit<InstanceLook, "usage">, other: Omit<InstanceLook, "usage">): boolean {
  return one.instance_id === other.instance_id && one.pid === other.pid;
}

/** Half of the shortest interval. */
const SHARED_MS = 50;
/** What `metric.sample` holds. */
const INSTANCE_COUNT_MAX = 4096;
