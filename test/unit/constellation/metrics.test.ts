import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it, onTestFinished } from "vitest";
import { groupUsages } from "../../../runtime/constellation/group-usage.js";
import {
  type MetricLook,
  MetricLooks,
  metricSample,
  untilTick,
} from "../../../runtime/constellation/metrics.js";
import { parseProcess, parseResidentMb } from "../../../runtime/constellation/proc-tables.js";
import { until } from "./support.js";

function lookAt(atMs: number, parts: Partial<MetricLook> = {}, busy = 0): MetricLook {
  return {
    timestamp: 1_700_000_000_000 + atMs,
    system: {
      atMs,
      coreCount: 4,
      // Four cores at 100 ticks a second.
      cpu: { busy, total: (atMs / 1000) * 400 },
      ram: { totalMb: 1000, availableMb: 750 },
      disk: { totalGb: 100, availableGb: 50 },
      network: { received: 0, sent: atMs * 125 },
    },
    instances: [],
    ...parts,
  };
}

function instance(pid: number, cpuTicks: number, instance_id = "a") {
  return { instance_id, pid, usage: { cpuTicks, ramMb: 12.3456 } };
}

describe("a metric sample", () => {
  it("tells averages over the time between two looks, and amounts as of the later one", () => {
    expect(metricSample(lookAt(1000), lookAt(3000, {}, 200))).toEqual({
      timestamp: 1_700_000_003_000,
      cpu: { total_cores: 4, available_cores: 3, percent_used: 25 },
      ram: { total_mb: 1000, available_mb: 750, percent_used: 25 },
      disk: { total_gb: 100, available_gb: 50, percent_used: 50 },
      network: { in_mbps: 0, out_mbps: 1 },
      instances: [],
    });
  });

  it("tells the share of each instance in all cores", () => {
    const earlier = lookAt(0, { instances: [instance(1, 500, "a"), instance(2, 500, "b")] });
    const later = lookAt(1000, { instances: [instance(1, 600, "a"), instance(2, 500, "b")] });
    expect(metricSample(earlier, later).instances).toEqual([
      { instance_id: "a", cpu_percent: 25, ram_mb: 12.346 },
      { instance_id: "b", cpu_percent: 0, ram_mb: 12.346 },
    ]);
  });

  it("counts an instance that was started, or started again, from its start", () => {
    const earlier = lookAt(0, { instances: [instance(1, 500)] });
    const later = lookAt(1000, { instances: [instance(7, 40), instance(8, 4, "new")] });
    expect(metricSample(earlier, later).instances).toMatchObject([
      { instance_id: "a", cpu_percent: 10 },
      { instance_id: "new", cpu_percent: 1 },
    ]);
  });

  it("says of what cannot be measured only that it is there", () => {
    const instances = [{ instance_id: "a", pid: 1, usage: undefined }];
    expect(metricSample(lookAt(0), lookAt(1000, { instances })).instances).toEqual([
      { instance_id: "a" },
    ]);
  });
});

describe("those who watch a node", () => {
  function setup() {
    let taken = 0;
    const looks = new MetricLooks(async () => lookAt(++taken * 1000));
    const leaving = new AbortController();
    onTestFinished(() => leaving.abort(new Error("left")));
    return { looks, leaving, taken: () => taken };
  }

  it("get samples until they leave, and nothing is measured for nobody", async () => {
    const { looks, leaving, taken } = setup();
    const samples = looks.samples(100, leaving.signal);
    expect(taken()).toBe(0);
    const first = (await samples.next()).value!;
    const second = (await samples.next()).value!;
    expect(second.timestamp).toBeGreaterThan(first.timestamp);
    const third = samples.next();
    leaving.abort(new Error("left"));
    await expect(third).rejects.toThrow("left");
    expect(taken()).toBe(3);
  });

  it("share their looks at the machine", async () => {
    const { looks, leaving, taken } = setup();
    const signal = () => AbortSignal.any([leaving.signal]);
    const readers = Array.from({ length: 50 }, () => looks.samples(100, signal()));
    for (let round = 0; round < 3; round++) {
      await Promise.all(readers.map((reader) => reader.next()));
    }
    // One at the beginning and one a round; a busy machine may wake some of them late.
    expect(taken()).toBeLessThan(20);
  });

  it.each([
    [0, 1000, 1000],
    [200, 1000, 800],
    [2500, 1000, 500],
    [2501, 1000, 1499],
    [990, 1000, 1010],
  ])(
    "at %d ms wait, with an interval of %d ms, %d ms for a common moment",
    (now, interval, wait) => {
      expect(untilTick(now, interval)).toBe(wait);
    },
  );
});

describe("the tables of Linux", () => {
  it("show the processor time of a process and of its children that have ended", () => {
    const stat = "12 (a ) b) S 1 345 345 0 -1 4194304 1 2 3 4 10 20 30 40 20 0 1 0 99 5 6";
    expect(parseProcess(stat)).toEqual({ group: 345, cpuTicks: 100 });
    expect(parseProcess(stat.replace(" S ", " Z "))).toBeUndefined();
    expect(parseProcess("")).toBeUndefined();
    expect(parseProcess("12 (a) S 1 345 345")).toBeUndefined();
  });

  it("show the memory that a process occupies", () => {
    expect(parseResidentMb("VmPeak:\t 9 kB\nVmRSS:\t    2048 kB\n")).toBe(2);
    expect(parseResidentMb("Name: kthreadd\n")).toBeUndefined();
  });

  it.runIf(process.platform === "linux")("add up what a group of processes uses", async () => {
    const script = "sh -c 'while :; do :; done' & echo started; wait";
    const child = spawn("sh", ["-c", script], {
      detached: true,
      stdio: ["ignore", "pipe", "ignore"],
    });
    onTestFinished(() => void process.kill(-child.pid!, "SIGKILL"));
    await once(child.stdout!, "data");
    const usage = async () => (await groupUsages(new Set([child.pid!]))).get(child.pid!);
    await until(async () => ((await usage())?.cpuTicks ?? 0) > 5);
    expect((await usage())!.ramMb).toBeGreaterThan(0.1);
    expect(await groupUsages(new Set())).toEqual(new Map());
    expect(await groupUsages(new Set([2 ** 30]))).toEqual(new Map());
  });
});
