import { describe, expect, it } from "vitest";
import { type Allocation, Ledger } from "../../../runtime/constellation/ledger.js";

function allocation(id: string, facts: Partial<Allocation> = {}): Allocation {
  const amounts = { cpu_cores: 1, ram_mb: 512, disk_mb: 100 };
  return { instance_id: id, node: "node-1", expires_at: 1000, ...amounts, ...facts };
}

const nothing = { cpu_cores: 0, ram_mb: 0, disk_mb: 0 };

describe("the ledger", () => {
  it("adds up what is promised on each node", () => {
    const ledger = new Ledger();
    ledger.reserve(allocation("a"));
    ledger.reserve(allocation("b", { cpu_cores: 0.5 }));
    ledger.reserve(allocation("c", { node: "node-2" }));
    expect(ledger.reservedOn("node-1")).toEqual({ cpu_cores: 1.5, ram_mb: 1024, disk_mb: 200 });
    expect(ledger.reservedOn("node-3")).toEqual(nothing);
  });

  it("frees a promise that nobody used when it expires, and not before", () => {
    const ledger = new Ledger();
    ledger.reserve(allocation("a"));
    expect(ledger.expire(999)).toEqual([]);
    expect(ledger.expire(1000)).toEqual([allocation("a")]);
    expect(ledger.reservedOn("node-1")).toEqual(nothing);
  });

  it("keeps what a running instance has until it stops", () => {
    const ledger = new Ledger();
    ledger.reserve(allocation("a"));
    expect(ledger.start("a")).toBe(true);
    expect(ledger.expire(1_000_000)).toEqual([]);
    expect(ledger.release("a")).toEqual(allocation("a"));
    expect(ledger.reservedOn("node-1")).toEqual(nothing);
  });

  it("starts nothing that was not promised", () => {
    const ledger = new Ledger();
    expect(ledger.start("a")).toBe(false);
    expect(ledger.isRunning("a")).toBe(false);
  });

  it("lets a new promise to the same instance take the place of the old one", () => {
    const ledger = new Ledger();
    ledger.reserve(allocation("a"));
    ledger.start("a");
    ledger.reserve(allocation("a", { ram_mb: 64, expires_at: 2000 }));
    expect(ledger.reservedOn("node-1").ram_mb).toBe(64);
    expect(ledger.expire(2000)).toHaveLength(1);
  });

  it("gives the instances of a lost node time to be heard of again", () => {
    const ledger = new Ledger();
    for (const id of ["back", "gone"]) {
      ledger.reserve(allocation(id));
      ledger.start(id);
    }
    expect(ledger.suspend("node-1", 5000).map(({ instance_id }) => instance_id)).toEqual([
      "back",
      "gone",
    ]);
    ledger.start("back");
    expect(ledger.expire(5000).map(({ instance_id }) => instance_id)).toEqual(["gone"]);
    expect(ledger.get("back")?.node).toBe("node-1");
  });
});
