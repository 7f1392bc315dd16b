import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { HealthMonitor } from "../../../runtime/constellation/health-monitor.js";
import {
  type Health,
  type Service,
  ServiceRegistry,
} from "../../../runtime/constellation/service-registry.js";
import { recordingLogger } from "./support.js";

const well = { healthy: true, latencyMs: 1 };
const ill = { healthy: false, latencyMs: undefined };

function register(registry: ServiceRegistry, id: string): Service {
  const registration = { service_name: "s", instance_id: id, protocol: "tcp", port: 1 };
  return registry.register("node-1", "127.0.0.1", registration);
}

function setup(probe: (service: Service) => Promise<Health>, probeCountMax = 32) {
  const registry = new ServiceRegistry();
  const { logger, lines } = recordingLogger();
  const options = { registry, probe, logger, intervalMs: 1000, probeCountMax };
  return { registry, lines, monitor: new HealthMonitor(options) };
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("the health monitor", () => {
  it("probes each interval; one success makes healthy, one failure takes it back", async () => {
    const results = [ill, well, ill];
    const { registry, monitor, lines } = setup(async () => results.shift() ?? well);
    register(registry, "a");
    const seen: boolean[] = [];
    for (let round = 0; round < 3; round++) {
      await vi.advanceTimersByTimeAsync(1000);
      seen.push(registry.query("s")[0]!.healthy);
    }
    monitor.close();
    expect(seen).toEqual([false, true, false]);
    expect(lines).toEqual(["info: a service is healthy", "warn: a service is no longer healthy"]);
  });

  it("probes a new service at once", async () => {
    const { registry, monitor } = setup(async () => well);
    monitor.probeSoon(register(registry, "a"));
    await vi.advanceTimersByTimeAsync(0);
    monitor.close();
    expect(registry.query("s")[0]).toMatchObject({ healthy: true, latency_ms: 1 });
  });

  it("never probes a service twice at a time, nor more services than allowed", async () => {
    const underway: string[] = [];
    const ends: (() => void)[] = [];
    const probe = (service: Service): Promise<Health> => {
      underway.push(service.registration.instance_id);
      return new Promise((resolve) => ends.push(() => resolve(well)));
    };
    const { registry, monitor } = setup(probe, 2);
    for (const id of ["a", "b", "c"]) register(registry, id);
    await vi.advanceTimersByTimeAsync(3000);
    expect(underway).toEqual(["a", "b"]);
    ends.shift()!();
    await vi.advanceTimersByTimeAsync(0);
    expect(underway).toEqual(["a", "b", "c"]);
    monitor.close();
  });

  it("probes a service that has moved while the probe of where it was is still under way", async () => {
    const probe = ({ node }: Service): Promise<Health> =>
      node === "node-1" ? new Promise(() => {}) : Promise.resolve(well);
    const { registry, monitor } = setup(probe);
    const here = register(registry, "a");
    monitor.probeSoon(here);
    registry.deregister("node-1", "s", "a");
    monitor.probeSoon(registry.register("node-2", "127.0.0.2", here.registration));
    await vi.advanceTimersByTimeAsync(0);
    monitor.close();
    expect(registry.query("s")).toMatchObject([{ node: "node-2", healthy: true }]);
  });

  it("takes a probe that throws for illness and says so", async () => {
    const { registry, monitor, lines } = setup(() => Promise.reject(new Error("bug")));
    register(registry, "a");
    await vi.advanceTimersByTimeAsync(1000);
    monitor.close();
    expect(registry.query("s")[0]!.healthy).toBe(false);
    expect(lines).toEqual(["error: a health probe failed in itself"]);
  });

  it("writes nothing any more once it is closed", async () => {
    let end: (health: Health) => void = () => {};
    const { registry, monitor } = setup(() => new Promise((resolve) => (end = resolve)));
    monitor.probeSoon(register(registry, "a"));
    monitor.close();
    end(well);
    await vi.advanceTimersByTimeAsync(5000);
    expect(registry.query("s")[0]!.healthy).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});
