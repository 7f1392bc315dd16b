import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import {
  parseCpuTimes,
  parseListeners,
  parseMemAvailableMb,
  parseNetworkBytes,
  parseProcessGroup,
} from "../../../runtime/constellation/proc-tables.js";
import {
  resourceStatus,
  SystemResources,
  type SystemSnapshot,
  takeSnapshot,
} from "../../../runtime/constellation/system-resources.js";

const snapshot: SystemSnapshot = {
  atMs: 0,
  coreCount: 4,
  cpu: { busy: 100, total: 400 },
  ram: { totalMb: 1024, availableMb: 256 },
  disk: { totalGb: 1000, availableGb: 750 },
  network: { received: 1000, sent: 2000 },
};

describe("a resource status", () => {
  it("gives the average since boot when there is no earlier look", () => {
    expect(resourceStatus(undefined, snapshot)).toEqual({
      cpu: { total_cores: 4, available_cores: 3, percent_used: 25 },
      ram: { total_mb: 1024, available_mb: 256, percent_used: 75 },
      disk: { total_gb: 1000, available_gb: 750, percent_used: 25 },
      network: { in_mbps: 0, out_mbps: 0 },
    });
  });

  it("gives the average between two looks", () => {
    const later = {
      ...snapshot,
      atMs: 2000,
      cpu: { busy: 150, total: 600 },
      network: { received: 1_001_000, sent: 252_000 },
    };
    const status = resourceStatus(snapshot, later);
    expect(status.cpu).toEqual({ total_cores: 4, available_cores: 3, percent_used: 25 });
    expect(status.network).toEqual({ in_mbps: 4, out_mbps: 1 });
  });

  it("stays within its bounds when counters jump back", () => {
    const later = {
      ...snapshot,
      atMs: 1000,
      cpu: { busy: 50, total: 500 },
      network: { received: 0, sent: 0 },
    };
    const status = resourceStatus(snapshot, later);
    expect(status.cpu.percent_used).toBe(0);
    expect(status.network).toEqual({ in_mbps: 0, out_mbps: 0 });
  });

  it("is measured on this machine", async () => {
    const clock = { ms: 0 };
    const resources = new SystemResources(() => takeSnapshot(tmpdir(), clock.ms));
    await resources.measure();
    clock.ms = 1000;
    const { cpu, ram, disk } = await resources.measure();
    expect(cpu.total_cores).toBeGreaterThanOrEqual(1);
    expect(cpu.available_cores).toBeLessThanOrEqual(cpu.total_cores);
    for (const { percent_used } of [cpu, ram, disk]) {
      expect(percent_used).toBeGreaterThanOrEqual(0);
      expect(percent_used).toBeLessThanOrEqual(100);
    }
    expect(ram.available_mb).toBeGreaterThan(0);
    expect(ram.available_mb).toBeLessThan(ram.total_mb);
    expect(disk.total_gb).toBeGreaterThan(0);
  });
});

describe("the tables of Linux", () => {
  it("count waiting for a disk as idle and guest time once", () => {
    expect(parseCpuTimes("cpu  10 1 5 80 4 0 0 0 7 0\ncpu0 1 2 3 4\n")).toEqual({
      busy: 16,
      total: 100,
    });
  });

  it("say what memory programs can still get", () => {
    expect(parseMemAvailableMb("MemTotal: 9 kB\nMemAvailable:   2048 kB\n")).toBe(2);
  });

  it("add up traffic without the loopback interface", () => {
    const dev = [
      "Inter-|   Receive  |  Transmit",
      " face |bytes packets errs drop fifo frame compressed multicast|bytes packets",
      "    lo: 999 1 0 0 0 0 0 0 999 1 0 0 0 0 0 0",
      "  eth0: 100 1 0 0 0 0 0 0 200 2 0 0 0 0 0 0",
      "  eth1:5 1 0 0 0 0 0 0 6 2 0 0 0 0 0 0",
    ].join("\n");
    expect(parseNetworkBytes(dev)).toEqual({ received: 105, sent: 206 });
  });

  it("give nothing where the text is of another kind", () => {
    expect(parseCpuTimes("")).toBeUndefined();
    expect(parseMemAvailableMb("MemTotal: 9 kB")).toBeUndefined();
    expect(parseNetworkBytes("")).toBeUndefined();
    expect(parseProcessGroup("")).toBeUndefined();
    expect(parseListeners("")).toEqual([]);
  });

  it("show the process group behind a name with spaces and parentheses", () => {
    expect(parseProcessGroup("12 (a ) b) S 1 345 345 0 -1")).toBe(345);
    expect(parseProcessGroup("12 (a) Z 1 345 345 0 -1")).toBeUndefined();
  });

  it("show who listens, and not who is connected", () => {
    const row = (local: string, state: string, inode: number) =>
      `   0: ${local} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000     0        0 ${inode} 1`;
    const table = [
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid timeout inode",
      row("0100007F:1F90", "0A", 7),
      row("00000000:0050", "0A", 8),
      row("0100007F:1F91", "01", 9),
      row("00000000000000000000000001000000:1F90", "0A", 10),
      row("00000000000000000000000000000000:0050", "0A", 11),
    ].join("\n");
    expect(parseListeners(table)).toEqual([
      { address: "127.0.0.1:8080", port: 8080, inode: "7" },
      { address: "0.0.0.0:80", port: 80, inode: "8" },
      { address: "[::1]:8080", port: 8080, inode: "10" },
      { address: "[::]:80", port: 80, inode: "11" },
    ]);
  });
});
