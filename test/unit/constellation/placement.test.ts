import { describe, expect, it } from "vitest";
import { parseConstraint } from "../../../runtime/constellation/constraints.js";
import {
  type Candidate,
  place,
  type Strategy,
  shortageError,
} from "../../../runtime/constellation/placement.js";

const demand = { cpu_cores: 2, ram_mb: 4096, disk_mb: 1024 };
const never = () => 0;

function candidate(node: string, facts: Partial<Candidate> = {}): Candidate {
  const all = { cpu_cores: 16, ram_mb: 32_768, disk_mb: 100_000 };
  return { node, metadata: {}, total: all, free: all, instanceCount: 0, ...facts };
}

function choose(strategy: Strategy, candidates: Candidate[], constraints: string[] = []) {
  const rules = { strategy, constraints: constraints.map(parseConstraint) };
  const placed = place(demand, candidates, rules, never);
  return placed.kind === "placed" ? placed.node : placed.shortage;
}

describe("placement", () => {
  it("spreads to the node with the fewest instances", () => {
    const nodes = [candidate("a", { instanceCount: 2 }), candidate("b", { instanceCount: 1 })];
    expect(choose("spread", nodes)).toBe("b");
  });

  it("spreads to the emptier of two nodes with equally many instances", () => {
    const free = { cpu_cores: 3, ram_mb: 32_768, disk_mb: 100_000 };
    expect(choose("spread", [candidate("a", { free }), candidate("b")])).toBe("b");
  });

  it("packs into the fullest node that still has room", () => {
    const nodes = [
      candidate("empty"),
      candidate("full", { free: { cpu_cores: 2, ram_mb: 4096, disk_mb: 2048 } }),
      candidate("too-full", { free: { cpu_cores: 1.9, ram_mb: 4096, disk_mb: 2048 } }),
    ];
    expect(choose("binpack", nodes)).toBe("full");
  });

  it("takes any fitting node by the number it is given", () => {
    const nodes = [
      candidate("a"),
      candidate("b"),
      candidate("c", { free: { ...demand, ram_mb: 1 } }),
    ];
    const rules = { strategy: "random", constraints: [] } as const;
    expect(place(demand, nodes, rules, () => 0.99)).toEqual({ kind: "placed", node: "b" });
    expect(place(demand, nodes, rules, () => 0)).toEqual({ kind: "placed", node: "a" });
  });

  it("chooses alike whatever the order of the nodes", () => {
    expect(choose("spread", [candidate("b"), candidate("a")])).toBe("a");
    expect(choose("binpack", [candidate("b"), candidate("a")])).toBe("a");
  });

  it("keeps to equality, inequality and named nodes", () => {
    const nodes = [
      candidate("a", { metadata: { region: "us-east", datacenter: "lab" } }),
      candidate("b", { metadata: { region: "us-east", datacenter: "prod" } }),
      candidate("c"),
    ];
    expect(choose("spread", nodes, ["region=us-east", "datacenter!=lab"])).toBe("b");
    expect(choose("spread", nodes, ["region!=us-east"])).toBe("c");
    expect(choose("spread", nodes, ["node=b"])).toBe("b");
    expect(choose("spread", nodes, ["node!=a"])).toBe("b");
  });

  it("does not take what every object has for a label of the node", () => {
    expect(choose("spread", [candidate("a")], ["constructor!=x"])).toBe("a");
  });

  it.each(["region", "=x", "region=", "region==x", "a b=c", "", "region>=3"])(
    "refuses the constraint %j",
    (text) => {
      expect(() => parseConstraint(text)).toThrow(/PROTOCOL_ERROR.*key=value/);
    },
  );
});

describe("a shortage", () => {
  it("gives the numbers of the node that comes closest", () => {
    const nodes = [
      candidate("a", { free: { cpu_cores: 16, ram_mb: 1024, disk_mb: 100_000 } }),
      candidate("b", { free: { cpu_cores: 16, ram_mb: 2048, disk_mb: 100_000 } }),
      candidate("c", { free: { cpu_cores: 0, ram_mb: 4000, disk_mb: 100_000 } }),
    ];
    expect(choose("spread", nodes)).toEqual({
      node: "b",
      short: [{ resource: "ram_mb", requested: 4096, available: 2048 }],
      nodeCount: 3,
      unmatchedConstraint: undefined,
    });
  });

  it("becomes an error with the requested and available amounts in it", () => {
    const free = { cpu_cores: 0.5, ram_mb: 2048, disk_mb: 100_000 };
    const placed = place(
      demand,
      [candidate("a", { free })],
      { strategy: "spread", constraints: [] },
      never,
    );
    const error = shortageError(placed.kind === "shortage" ? placed.shortage : expect.fail());
    expect(error.code).toBe("RESOURCE_EXHAUSTED");
    expect(error.details).toEqual({
      nodes: 1,
      requested_cores: 2,
      available_cores: 0.5,
      requested_mb: 4096,
      available_mb: 2048,
    });
    expect(error.message).toContain("4096 MB of RAM requested, 2048 available");
  });

  it("never calls a negative amount available", () => {
    const free = { cpu_cores: 16, ram_mb: -512, disk_mb: 100_000 };
    expect(choose("spread", [candidate("a", { free })])).toMatchObject({
      short: [{ resource: "ram_mb", available: 0 }],
    });
  });

  it("names the constraint that no node satisfies", () => {
    const nodes = [candidate("a", { metadata: { region: "eu" } })];
    expect(choose("spread", nodes, ["region=eu", "rack=9"])).toMatchObject({
      node: undefined,
      unmatchedConstraint: "rack=9",
    });
  });

  it("says so when there is no node at all", () => {
    expect(choose("spread", [])).toMatchObject({ nodeCount: 0, short: [] });
  });

  it("does not ask for what was not requested", () => {
    const nothing = { cpu_cores: 0, ram_mb: 0, disk_mb: 0 };
    const nodes = [candidate("a", { free: { cpu_cores: -1, ram_mb: -1, disk_mb: -1 } })];
    const placed = place(nothing, nodes, { strategy: "spread", constraints: [] }, never);
    expect(placed).toEqual({ kind: "placed", node: "a" });
  });
});
