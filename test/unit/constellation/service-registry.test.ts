import { describe, expect, it } from "vitest";
import {
  ServiceRegistry,
  serviceAddress,
} from "../../../runtime/constellation/service-registry.js";

const users = {
  service_name: "user-service",
  version: "1.0.0",
  instance_id: "inst-1",
  protocol: "http",
  port: 8080,
  health_check: "/health",
  tags: ["api", "auth"],
};

const well = { healthy: true, latencyMs: 2.5 };

describe("the service registry", () => {
  it("names a registered service at the host of its node", () => {
    const registry = new ServiceRegistry();
    registry.register("node-2", "192.168.1.11", users);
    expect(registry.query("user-service")).toEqual([
      { instance_id: "inst-1", node: "node-2", address: "192.168.1.11:8080", healthy: false },
    ]);
  });

  it("writes an IPv6 host in brackets", () => {
    const registry = new ServiceRegistry();
    expect(serviceAddress(registry.register("node-2", "2001:db8::1", users))).toBe(
      "[2001:db8::1]:8080",
    );
  });

  it("knows nothing of a service that nobody registered", () => {
    expect(new ServiceRegistry().query("constructor")).toEqual([]);
  });

  it("filters by health, version and all of the tags", () => {
    const registry = new ServiceRegistry();
    const first = registry.register("node-1", "a", users);
    registry.register("node-2", "b", {
      ...users,
      instance_id: "inst-2",
      version: "2.0.0",
      tags: [],
    });
    registry.recordHealth(first, well);
    const ids = (filters: Parameters<typeof registry.query>[1]) =>
      registry.query("user-service", filters).map(({ instance_id }) => instance_id);
    expect(ids({})).toEqual(["inst-1", "inst-2"]);
    expect(ids({ healthy: true })).toEqual(["inst-1"]);
    expect(ids({ healthy: false })).toEqual(["inst-2"]);
    expect(ids({ version: "2.0.0" })).toEqual(["inst-2"]);
    expect(ids({ tags: ["auth", "api"] })).toEqual(["inst-1"]);
    expect(ids({ tags: ["auth", "admin"] })).toEqual([]);
  });

  it("puts the quickest instance first", () => {
    const registry = new ServiceRegistry();
    const slow = registry.register("node-1", "a", users);
    registry.register("node-2", "b", { ...users, instance_id: "unmeasured" });
    const quick = registry.register("node-3", "c", { ...users, instance_id: "quick" });
    registry.recordHealth(slow, well);
    registry.recordHealth(quick, { healthy: true, latencyMs: 1 });
    expect(registry.query("user-service").map(({ instance_id }) => instance_id)).toEqual([
      "quick",
      "inst-1",
      "unmeasured",
    ]);
  });

  it("keeps the known health when the same registration comes again", () => {
    const registry = new ServiceRegistry();
    registry.recordHealth(registry.register("node-1", "a", users), well);
    expect(registry.register("node-1", "a", users).healthy).toBe(true);
  });

  it("forgets the health when the service moves", () => {
    const registry = new ServiceRegistry();
    const old = registry.register("node-1", "a", users);
    registry.recordHealth(old, well);
    expect(registry.register("node-1", "a", { ...users, port: 9090 }).healthy).toBe(false);
    expect(registry.recordHealth(old, well)).toBe(false);
    expect(registry.query("user-service", { healthy: true })).toEqual([]);
  });

  it("lets no other node change or remove a service", () => {
    const registry = new ServiceRegistry();
    registry.register("node-1", "a", users);
    expect(() => registry.register("node-2", "b", users)).toThrow(/ALREADY_EXISTS.*node-1/);
    expect(registry.deregister("node-2", "user-service", "inst-1")).toBe(false);
    expect(registry.deregister("node-1", "user-service", "inst-1")).toBe(true);
    expect(registry.all()).toEqual([]);
  });

  it("loses the services of a node that goes", () => {
    const registry = new ServiceRegistry();
    registry.register("node-1", "a", users);
    registry.register("node-2", "b", { ...users, instance_id: "inst-2" });
    const gone = registry.remove(({ node }) => node === "node-1");
    expect(gone.map(({ registration }) => registration.instance_id)).toEqual(["inst-1"]);
    expect(registry.query("user-service")).toHaveLength(1);
  });

  it("takes only so many services from one node", () => {
    const registry = new ServiceRegistry(1);
    registry.register("node-1", "a", users);
    registry.register("node-1", "a", users);
    const second = { ...users, instance_id: "inst-2" };
    expect(() => registry.register("node-1", "a", second)).toThrow(/QUOTA_EXCEEDED/);
    expect(registry.register("node-2", "b", second).node).toBe("node-2");
  });

  it.each(["health", "/a b", "/\r\nHost: evil", "http://elsewhere/"])(
    "refuses the health check %j, which cannot be asked for",
    (health_check) => {
      const registry = new ServiceRegistry();
      expect(() => registry.register("n", "a", { ...users, health_check })).toThrow(/health_check/);
    },
  );
});
