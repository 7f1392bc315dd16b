import { readFile, statfs } from "node:fs/promises";
import { cpus, freemem, totalmem } from "node:os";
import type { ResourceStatus } from "../index.js";
import {
  type CpuTimes,
  type NetworkBytes,
  parseCpuTimes,
  parseMemAvailableMb,
  parseNetworkBytes,
} from "./proc-tables.js";

/** What one look at the operating system gives. */
export interface SystemSnapshot {
  /** Milliseconds on a clock that never goes back. */
  readonly atMs: number;
  readonly coreCount: number;
  readonly cpu: CpuTimes;
  readonly ram: { readonly totalMb: number; readonly availableMb: number };
  readonly disk: { readonly totalGb: number; readonly availableGb: number };
  /** `undefined` where the system does not show its traffic. */
  readonly network: NetworkBytes | undefined;
}

/**
 * A `resource.status` out of two snapshots: CPU and network are averages over the time between them,
 * memory and disk are as of the later one. Without an earlier snapshot the CPU average is since boot.
 */
export function resourceStatus(
  earlier: SystemSnapshot | undefined,
  later: SystemSnapshot,
): ResourceStatus {
  const { coreCount, cpu, ram, disk } = later;
  const elapsed = cpu.total - (earlier?.cpu.total ?? 0);
  const busy = cpu.busy - (earlier?.cpu.busy ?? 0);
  const percentUsed = elapsed > 0 ? percent(busy / elapsed) : 0;
  return {
    cpu: {
      total_cores: coreCount,
      available_cores: rounded(coreCount * (1 - percentUsed / 100)),
      percent_used: percentUsed,
    },
    ram: {
      total_mb: rounded(ram.totalMb),
      available_mb: rounded(ram.availableMb),
      percent_used: used(ram.availableMb, ram.totalMb),
    },
    disk: {
      total_gb: rounded(disk.totalGb),
      available_gb: rounded(disk.availableGb),
      percent_used: used(disk.availableGb, disk.totalGb),
    },
    network: networkRates(earlier, later),
  };
}

/** Looks at the machine. `dataDir` says which disk: the one that instances and files are written to. */
export async function takeSnapshot(dataDir: string, atMs: number): Promise<SystemSnapshot> {
  const [stat, meminfo, dev, disk] = await Promise.all([
    readProc("stat"),
    readProc("meminfo"),
    readProc("net/dev"),
    statfs(dataDir),
  ]);
  return {
    atMs,
    coreCount: cpus().length,
    cpu: parseCpuTimes(stat) ?? cpuTimesOfNode(),
    ram: {
      totalMb: totalmem() / MIB,
      availableMb: parseMemAvailableMb(meminfo) ?? freemem() / MIB,
    },
    // `bavail`, not `bfree`: what is kept back for root cannot be used by instances.
    disk: {
      totalGb: (disk.blocks * disk.bsize) / GIB,
      availableGb: (disk.bavail * disk.bsize) / GIB,
    },
    network: parseNetworkBytes(dev),
  };
}

/** Measures one machine again and again; each status covers the time since the one before. */
export class SystemResources {
  readonly #take: () => Promise<SystemSnapshot>;
  #latest: SystemSnapshot | undefined;

  constructor(take: () => Promise<SystemSnapshot>) {
    this.#take = take;
  }

  async measure(): Promise<ResourceStatus> {
    const earlier = this.#latest;
    const later = await this.#take();
    this.#latest = later;
    return resourceStatus(earlier, later);
  }
}

/** Where there is no `/proc`, the answer is empty and the caller asks the system through Node. */
function readProc(name: string): Promise<string> {
  return readFile(`/proc/${name}`, "utf8").catch(() => "");
}

function cpuTimesOfNode(): CpuTimes {
  let busy = 0;
  let total = 0;
  for (const { times } of cpus()) {
    const working = times.user + times.nice + times.sys + times.irq;
    busy += working;
    total += working + times.idle;
  }
  return { busy, total };
}

function networkRates(earlier: SystemSnapshot | undefined, later: SystemSnapshot) {
  const seconds = (later.atMs - (earlier?.atMs ?? later.atMs)) / 1000;
  if (seconds <= 0 || !earlier?.network || !later.network) return { in_mbps: 0, out_mbps: 0 };
  // An interface that went away takes its count with it; a negative rate means nothing.
  const rate = (bytes: number) => rounded(Math.max(0, (bytes * 8) / 1_000_000 / seconds));
  return {
    in_mbps: rate(later.network.received - earlier.network.received),
    out_mbps: rate(later.network.sent - earlier.network.sent),
  };
}

function used(available: number, total: number): number {
  return total > 0 ? percent(1 - available / total) : 0;
}

/** A share of 1 in percent, from 0 to 100. */
export function percent(share: number): number {
  return rounded(Math.min(100, Math.max(0, share * 100)));
}

/** Three decimals are more than any of these measurements is good for. */
export function rounded(amount: number): number {
  return Math.round(Math.max(0, amount) * 1000) / 1000;
}

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
