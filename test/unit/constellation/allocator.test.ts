import { describe, expect, it } from "vitest";
import { Allocator, type AllocatorOptions } from "../../../runtime/constellation/allocator.js";
import type { Member, ResourceStatus } from "../../../runtime/index.js";

function member(node: string, facts: Partial<Member> = {}): Member {
  const capabilities = ["instance"];
  return { node, role: "node", state: "alive", capabilities, metadata: {}, since: 0, ...facts };
}

const status: ResourceStatus = {
  cpu: { total_cores: 4, available_cores: 3, percent_used: 25 },
  ram: { total_mb: 8192, available_mb: 4096, percent_used: 50 },
  disk: { total_gb: 100, available_gb: 10, percent_used: 90 },
};

function setup(members: Member[], options: Partial<AllocatorOptions> = {}) {
  const allocator = new Allocator({
    members: () => members,
    now: () => 1_000_000,
    random: () => 0,
    allocationMs: 3_600_000,
    ...options,
  });
  for (const { node } of members) allocator.report(node, status);
  return allocator;
}

function request(id: string, facts: object = {}) {
  return { instance_id: id, cpu_cores: 1, ram_mb: 1024, disk_mb: 0, ...facts };
}

describe("the allocator", () => {
  it("reserves on a node and says until when", () => {
    const allocator = setup([member("node-1")]);
    expect(allocator.allocate(request("a"))).toEqual({
      instance_id: "a",
      node: "node-1",
      cpu_cores: 1,
      ram_mb: 1024,
      disk_mb: 0,
      expires_at: 4_600_000,
    });
  });

  it("gives out no more than there is, and says what was asked for and what is left", () => {
    const allocator = setup([member("node-1")]);
    for (const id of ["a", "b", "c"]) allocator.allocate(request(id));
    expect(() => allocator.allocate(request("d", { ram_mb: 2048 }))).toThrowError(
      expect.objectContaining({
        code: "RESOURCE_EXHAUSTED",
        details: {
          nodes: 1,
          requested_cores: 1,
          available_cores: 0,
          requested_mb: 2048,
          available_mb: 1024,
        },
      }),
    );
    allocator.ledger.release("a");
    expect(allocator.allocate(request("d")).node).toBe("node-1");
  });

  it("counts disk in the same unit as the request", () => {
    const allocator = setup([member("node-1")]);
    expect(() => allocator.allocate(request("a", { disk_mb: 10_241 }))).toThrow(
      /10241 MB of disk requested, 10240 available/,
    );
    expect(allocator.allocate(request("a", { disk_mb: 10_240 })).node).toBe("node-1");
  });

  it("uses only nodes that are alive, run instances and have reported", () => {
    const allocator = setup([
      member("a", { state: "suspect" }),
      member("b", { capabilities: ["filesystem"] }),
      member("c"),
      member("d"),
    ]);
    allocator.forget("c");
    expect(allocator.allocate(request("x")).node).toBe("d");
    const none = setup([member("a", { state: "dead" })]);
    expect(() => none.allocate(request("x"))).toThrow(/no node has reported its resources yet/);
  });

  it("spreads by what it has promised itself", () => {
    const allocator = setup([member("a"), member("b")]);
    const nodes = ["1", "2", "3"].map((id) => allocator.allocate(request(id)).node);
    expect(nodes).toEqual(["a", "b", "a"]);
  });

  it("passes over nodes that it is told to", () => {
    const allocator = setup([member("a"), member("b")]);
    expect(allocator.allocate(request("x"), new Set(["a"])).node).toBe("b");
  });

  it("gives the same allocation when it is asked again, and no other one", () => {
    const allocator = setup([member("a"), member("b")]);
    const first = allocator.allocate(request("x"));
    expect(allocator.allocate(request("x"))).toEqual(first);
    expect(() => allocator.allocate(request("x", { ram_mb: 1 }))).toThrow(/ALREADY_EXISTS/);
  });

  it("refuses a strategy that it does not know instead of taking another", () => {
    const allocator = setup([member("a")]);
    const odd = request("x", { placement: { strategy: "toString" } });
    expect(() => allocator.allocate(odd)).toThrow(/UNSUPPORTED.*toString/);
    expect(allocator.ledger.count).toBe(0);
  });

  it("keeps only so many promises", () => {
    const allocator = setup([member("a")], { allocationCountMax: 1 });
    allocator.allocate(request("x", { cpu_cores: 0, ram_mb: 0 }));
    expect(() => allocator.allocate(request("y"))).toThrow(/QUOTA_EXCEEDED/);
  });
});
