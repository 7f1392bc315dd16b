import { describe, expect, it } from "vitest";
import { Allocator } from "../../../runtime/constellation/allocator.js";
import {
  followMembers,
  setControllerHandlers,
} from "../../../runtime/constellation/controller-handlers.js";
import { nodeViews } from "../../../runtime/constellation/controller-parts.js";
import { Deployments } from "../../../runtime/constellation/deployments.js";
import { HealthMonitor } from "../../../runtime/constellation/health-monitor.js";
import { InstanceCreator } from "../../../runtime/constellation/instance-creator.js";
import { Instances } from "../../../runtime/constellation/instances.js";
import { ServiceRegistry } from "../../../runtime/constellation/service-registry.js";
import type { Member, MemberChange, RnpNode } from "../../../runtime/index.js";
import { recordingLogger } from "./support.js";

const ROOMY = {
  cpu: { total_cores: 4, available_cores: 4, percent_used: 0 },
  ram: { total_mb: 4096, available_mb: 4096, percent_used: 0 },
  disk: { total_gb: 10, available_gb: 10, percent_used: 0 },
};
const service = { service_name: "s", instance_id: "inst-1", protocol: "tcp", port: 8080 };

function member(node: string, address?: string): Member {
  const capabilities = ["instance"];
  return { node, role: "node", state: "alive", address, capabilities, metadata: {}, since: 0 };
}

/** A controller over a node that only writes down its handlers and tells of changes. */
function setup(members: Member[], changes: Partial<MemberChange>[] = []) {
  const handlers = new Map<string, (data: unknown, context: unknown) => unknown>();
  const node = {
    memberList: () => members,
    handle: (type: string, handler: () => unknown) => handlers.set(type, handler),
    async *members() {
      yield* changes;
    },
  } as unknown as RnpNode;
  const { logger, lines } = recordingLogger();
  const now = () => 0;
  const allocationMs = 1000;
  const allocator = new Allocator({ members: () => members, now, random: now, allocationMs });
  const create = async () => ({ instance_id: "inst-1", pid: 1, startup_time_ms: 1 });
  const newId = () => "inst-1";
  const services = new ServiceRegistry();
  const probe = async () => ({ healthy: true, latencyMs: 1 });
  const table = { allocator, now, uncertainMs: 10, logger };
  const instances = new Instances(table);
  const parts = {
    node,
    allocator,
    instances,
    creator: new InstanceCreator({ ...table, instances, create, newId }),
    deployments: new Deployments({ deployments: [], create, newSuffix: newId, now, logger }),
    services,
    health: new HealthMonitor({ registry: services, intervalMs: 1000, probe, logger }),
    heartbeats: new Map(),
    logger,
  };
  parts.health.close();
  setControllerHandlers(parts);
  const send = (from: string, type: string, data: object) =>
    handlers.get(type)!(data, { peer: { id: from } });
  return { parts, send, lines };
}

describe("a controller", () => {
  it.each([
    ["10.0.0.7:7946", "10.0.0.7:8080"],
    ["[2001:db8::1]:7946", "[2001:db8::1]:8080"],
    ["node-1.example:7946", "node-1.example:8080"],
  ])("names a service of the node at %s as %s", (address, expected) => {
    const { parts, send } = setup([member("node-1", address)]);
    send("node-1", "mesh.register", service);
    expect(parts.services.query("s")[0]!.address).toBe(expected);
  });

  it("speaks of a registration once, however often it is repeated", () => {
    const { send, lines } = setup([member("node-1", "a:1")]);
    send("node-1", "mesh.register", service);
    send("node-1", "mesh.register", service);
    expect(lines).toEqual(["info: a service registered"]);
  });

  it("asks a node that it has not heard of to register again later", () => {
    const { send } = setup([member("node-1")]);
    for (const node of ["node-1", "node-2"]) {
      const registering = () => send(node, "mesh.register", service);
      expect(registering).toThrowError(expect.objectContaining({ retryable: true }));
    }
  });

  it("answers a query for nothing with nothing", () => {
    const { send } = setup([]);
    expect(send("x", "mesh.query", { service_name: "s" })).toEqual({
      service_name: "s",
      instances: [],
    });
  });

  it("takes it as no error when nothing is deregistered", () => {
    const { send, lines } = setup([]);
    send("node-1", "mesh.deregister", { service_name: "s", instance_id: "inst-1" });
    expect(lines).toEqual([]);
  });

  it("removes the services of an instance that stopped, even without a word about them", async () => {
    const { parts, send } = setup([member("node-1", "a:1")]);
    send("node-1", "resource.status", ROOMY);
    await parts.creator.create({ name: "x", script: "x.sh" });
    send("node-1", "mesh.register", service);
    send("node-1", "mesh.register", { ...service, instance_id: "inst-2" });
    const stopped = { exit_code: 0, reason: "exited", runtime_seconds: 1 };
    send("node-1", "instance.stopped", { instance_id: "inst-1", ...stopped });
    expect(parts.services.query("s").map(({ instance_id }) => instance_id)).toEqual(["inst-2"]);
  });

  it.each([
    ["died", [{ instance_id: "inst-1", state: "lost" }]],
    ["left", []],
    ["restarted", []],
  ] as const)("clears its tables of a node that %s", async (kind, instances) => {
    const { parts, send } = setup([member("node-1", "a:1")], [{ node: "node-1", kind }]);
    send("node-1", "resource.status", ROOMY);
    send("node-1", "heartbeat", { cpu_percent: 1, ram_used_mb: 1, instance_count: 1 });
    await parts.creator.create({ name: "x", script: "x.sh" });
    send("node-1", "mesh.register", service);
    await followMembers(parts);
    expect(parts.services.all()).toEqual([]);
    expect(nodeViews(parts)).toMatchObject([
      { resources: undefined, heartbeat: undefined, instances },
    ]);
  });

  it.each(["suspected", "recovered", "returned", "updated"] as const)(
    "leaves a node alone that is only %s",
    async (kind) => {
      const { parts, send } = setup([member("n", "a:1")], [{ node: "n", kind }]);
      send("n", "mesh.register", service);
      await followMembers(parts);
      expect(parts.services.all()).toHaveLength(1);
    },
  );

  it("sends nobody to an instance that is about to move, until it is registered again", async () => {
    const members = [member("node-1", "a:1"), member("node-2", "b:1")];
    const { parts, send } = setup(members);
    send("node-1", "resource.status", ROOMY);
    await parts.creator.create({ name: "x", script: "x.sh" });
    send("node-1", "mesh.register", service);
    send("node-1", "mesh.register", { ...service, instance_id: "inst-2" });
    send("node-1", "instance.moving", { instance_id: "inst-1", to: "node-2" });
    expect(parts.services.query("s")).toMatchObject([{ instance_id: "inst-2" }]);
    send("node-1", "mesh.register", service);
    send("node-1", "instance.moving", { instance_id: "inst-1", to: "node-1" });
    expect(parts.services.query("s")).toHaveLength(2);
  });

  it("forgets what an instance offered where it was before it moved", async () => {
    const members = [member("node-1", "a:1"), member("node-2", "b:1")];
    const { parts, send } = setup(members);
    send("node-1", "resource.status", ROOMY);
    await parts.creator.create({ name: "x", script: "x.sh" });
    send("node-1", "mesh.register", service);
    send("node-1", "instance.moving", { instance_id: "inst-1", to: "node-2" });
    send("node-2", "instance.started", { instance_id: "inst-1", pid: 2, startup_time_ms: 1 });
    expect(parts.services.all()).toEqual([]);
    send("node-2", "mesh.register", service);
    expect(parts.services.query("s")).toMatchObject([{ node: "node-2", address: "b:8080" }]);
  });

  it.each([
    ["is no member", []],
    ["is suspect", [{ ...member("node-2"), state: "suspect" as const }]],
    ["runs no instances", [{ ...member("node-2"), capabilities: [] }]],
  ])("lets no instance move to a node that %s", async (_, others) => {
    const { parts, send } = setup([member("node-1", "a:1"), ...others]);
    send("node-1", "resource.status", ROOMY);
    await parts.creator.create({ name: "x", script: "x.sh" });
    const moving = () => send("node-1", "instance.moving", { instance_id: "inst-1", to: "node-2" });
    expect(moving).toThrowError(expect.objectContaining({ code: "UNAVAILABLE" }));
    expect(parts.instances.list()).toMatchObject([{ state: "running" }]);
  });
});
