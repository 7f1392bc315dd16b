import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { hasChangedMuch, Reporter } from "../../../runtime/constellation/reporter.js";
import { AGENT_TIMING } from "../../../runtime/constellation/timing.js";
import {
  type Heartbeat,
  type Peer,
  type ResourceStatus,
  RnpError,
} from "../../../runtime/index.js";
import { recordingLogger } from "./support.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function status(percent: number): ResourceStatus {
  return {
    cpu: { total_cores: 4, available_cores: 4 - percent / 25, percent_used: percent },
    ram: { total_mb: 1000, available_mb: 400, percent_used: 60 },
    disk: { total_gb: 10, available_gb: 5, percent_used: 50 },
  };
}

async function setup() {
  const machine = { percent: 20, isAway: false, isBroken: false };
  const heartbeats: Heartbeat[] = [];
  const statuses: ResourceStatus[] = [];
  const regular: number[] = [];
  const { logger, lines } = recordingLogger();
  const peer = {
    heartbeat: async (data: Heartbeat) => void heartbeats.push(data),
    resource: { status: async (data: ResourceStatus) => void statuses.push(data) },
  };
  const reporter = await Reporter.create({
    controller: async () => {
      if (machine.isAway) throw new RnpError("UNAVAILABLE", "away");
      return peer as Pick<Peer, "heartbeat" | "resource">;
    },
    measure: async () => {
      if (machine.isBroken) throw new Error("no disk");
      return status(machine.percent);
    },
    instanceCount: () => 3,
    onRegularReport: () => void regular.push(statuses.length),
    onReached: () => {},
    heartbeatIntervalMs: 10_000,
    timing: AGENT_TIMING,
    logger,
  });
  return { reporter, machine, heartbeats, statuses, regular, lines };
}

describe("the reporter", () => {
  it("sends a heartbeat every 10 seconds and the resources every 30, from the start", async () => {
    const { reporter, heartbeats, statuses, regular } = await setup();
    reporter.start();
    await vi.advanceTimersByTimeAsync(60_000);
    await reporter.close();
    expect(heartbeats).toHaveLength(7);
    expect(heartbeats[0]).toEqual({ cpu_percent: 20, ram_used_mb: 600, instance_count: 3 });
    expect(statuses).toHaveLength(3);
    expect(regular).toEqual([0, 1, 2]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("reports a significant change with the next look at the machine", async () => {
    const { reporter, machine, statuses, regular } = await setup();
    reporter.start();
    await vi.advanceTimersByTimeAsync(4999);
    machine.percent = 30;
    await vi.advanceTimersByTimeAsync(1);
    expect(statuses.map(({ cpu }) => cpu.percent_used)).toEqual([20, 30]);
    expect(regular).toHaveLength(1);
    machine.percent = 39;
    await vi.advanceTimersByTimeAsync(10_000);
    expect(statuses).toHaveLength(2);
    await reporter.close();
  });

  it("tries on at its intervals while the controller is away, and says so once", async () => {
    const { reporter, machine, statuses, heartbeats, lines } = await setup();
    machine.isAway = true;
    reporter.start();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(lines).toEqual(["warn: the controller cannot be reached; trying on"]);
    machine.isAway = false;
    await vi.advanceTimersByTimeAsync(5000);
    expect(statuses).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(5000);
    expect(heartbeats).toHaveLength(1);
    expect(lines).toEqual([expect.anything(), "info: the controller is back"]);
    await reporter.close();
  });

  it("says everything anew when it is asked to", async () => {
    const { reporter, statuses, heartbeats } = await setup();
    reporter.start();
    await vi.advanceTimersByTimeAsync(1000);
    reporter.reportSoon();
    await vi.advanceTimersByTimeAsync(0);
    await reporter.close();
    expect([statuses.length, heartbeats.length]).toEqual([2, 2]);
  });

  it("keeps to its last figures when the machine cannot be measured", async () => {
    const { reporter, machine, statuses, lines } = await setup();
    machine.isBroken = true;
    reporter.start();
    await vi.advanceTimersByTimeAsync(0);
    await reporter.close();
    expect(statuses).toEqual([status(20)]);
    expect(lines).toEqual(["error: this machine cannot be measured; its last figures stand"]);
    expect(reporter.load()).toEqual({ cpu_percent: 20, ram_used_mb: 600, instances: 3 });
  });

  it("gives up waiting for a controller when it is closed, without a word", async () => {
    const { logger, lines } = recordingLogger();
    const reporter = await Reporter.create({
      controller: (signal) =>
        new Promise((_, reject) => signal.addEventListener("abort", () => reject(signal.reason))),
      measure: async () => status(0),
      instanceCount: () => 0,
      onRegularReport: () => {},
      onReached: () => {},
      heartbeatIntervalMs: 10_000,
      timing: AGENT_TIMING,
      logger,
    });
    reporter.start();
    await vi.advanceTimersByTimeAsync(0);
    await reporter.close();
    expect(lines).toEqual([]);
  });
});

describe("a significant change", () => {
  it("is a tenth of any resource", () => {
    expect(hasChangedMuch(status(20), status(29))).toBe(false);
    expect(hasChangedMuch(status(20), status(30))).toBe(true);
    expect(hasChangedMuch(status(20), status(10))).toBe(true);
    const full = { ...status(20), disk: { total_gb: 10, available_gb: 0, percent_used: 100 } };
    expect(hasChangedMuch(status(20), full)).toBe(true);
  });
});
