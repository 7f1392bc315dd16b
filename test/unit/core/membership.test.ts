import { beforeEach, describe, expect, it } from "vitest";
import { LIVENESS, scaledLiveness } from "../../../runtime/core/liveness-timing.js";
import { Membership } from "../../../runtime/core/membership.js";

const FACTS = { role: "node", address: "10.0.0.2:7946", capabilities: [], metadata: {} } as const;

describe("the member table", () => {
  let membership: Membership;
  const states = () => membership.takeChanges().map(({ node, state }) => `${node} ${state}`);

  beforeEach(() => {
    membership = new Membership(() => 1_705_075_200_000);
    membership.announced(0, "node-2", FACTS);
    membership.takeChanges();
  });

  it("follows the timeline of the specification: suspect at 31 s, dead at 36, reported at 37", () => {
    expect(membership.wakeAt).toBe(31_000);
    membership.handleTimeout(30_999);
    expect(states()).toEqual([]);
    membership.handleTimeout(31_000);
    expect(states()).toEqual(["node-2 suspect"]);
    expect(membership.wakeAt).toBe(36_000);
    expect(membership.handleTimeout(36_000)).toEqual([]);
    expect(states()).toEqual(["node-2 dead"]);
    expect(membership.handleTimeout(37_000)).toEqual([{ node: "node-2", silentMs: 37_000 }]);
    expect(membership.handleTimeout(99_000)).toEqual([]);
    expect(membership.wakeAt).toBe(Number.POSITIVE_INFINITY);
  });

  it("keeps a node alive while heartbeats come", () => {
    for (let now = 10_000; now < 3_600_000; now += 10_000) {
      membership.heard(now, "node-2");
      membership.handleTimeout(now);
    }
    expect(states()).toEqual([]);
    expect(membership.get("node-2")?.state).toBe("alive");
  });

  it("takes a suspect and even a dead node back when it is heard again", () => {
    membership.handleTimeout(31_000);
    membership.heard(31_500, "node-2");
    membership.handleTimeout(80_000);
    membership.heard(81_000, "node-2");
    expect(states()).toEqual(["node-2 suspect", "node-2 alive", "node-2 dead", "node-2 alive"]);
  });

  it("does not take a leave for a death", () => {
    membership.left(5000, "node-2");
    expect(membership.handleTimeout(99_000)).toEqual([]);
    expect(states()).toEqual(["node-2 left"]);
  });

  it("learns of a node from others but keeps its own view of those it knows", () => {
    membership.learnt(0, "node-3", FACTS);
    expect(states()).toEqual(["node-3 alive"]);
    membership.handleTimeout(36_000);
    membership.takeChanges();
    membership.learnt(36_500, "node-2", FACTS);
    expect(membership.get("node-2")?.state).toBe("dead");
  });

  it("ignores heartbeats of a node that nobody introduced", () => {
    membership.heard(0, "node-9");
    expect(membership.get("node-9")).toBeUndefined();
  });

  it("replaces rows instead of changing them, so a row that was given out stays as it was", () => {
    const before = membership.get("node-2");
    membership.handleTimeout(31_000);
    expect(before?.state).toBe("alive");
  });
});

describe("the liveness timeline", () => {
  it("keeps its proportions when it is scaled", () => {
    const fast = scaledLiveness(0.1);
    expect(fast.suspectAfterMs / fast.heartbeatIntervalMs).toBeCloseTo(
      LIVENESS.suspectAfterMs / LIVENESS.heartbeatIntervalMs,
    );
  });
});
