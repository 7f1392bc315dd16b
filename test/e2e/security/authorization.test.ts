import { describe, expect, it } from "vitest";
import { MESSAGES } from "../../../generated/dispatch.js";
import { Routes } from "../../../runtime/core/routes.js";
import { TrafficMeter } from "../../../runtime/core/traffic-meter.js";
import { startCluster, startNode } from "../../support/cluster.js";

const ROLES = ["node", "controller"] as const;

describe("the roles of the schemas", () => {
  const ways = ROLES.flatMap((from) => ROLES.map((to) => [from, to] as const));

  it.each(ways)("say for every type whether it goes from a %s to a %s", (from, to) => {
    const peer = { id: "node-2", role: from, cluster: "test" };
    const local = { id: "node-1", role: to, cluster: "test", bootEpochMs: 1, capabilities: [] };
    const routes = new Routes(peer, local, new TrafficMeter(), MESSAGES);
    for (const type of MESSAGES.values()) {
      const isAllowed = type.from.includes(from) && type.to.includes(to);
      const { refusal } = routes.of(type);
      expect(refusal === undefined, type.type).toBe(isAllowed);
      if (refusal === undefined) continue;
      expect(refusal).toMatchObject({ code: "UNAUTHORIZED", details: { message_type: type.type } });
      expect(JSON.stringify(refusal.details)).toContain(`${type.type} goes `);
    }
  });
});

describe("authorize", () => {
  it("forbids a member what it is not to do, and it alone", async () => {
    const controller = await startNode("controller-1", {
      authorize: ({ type, peer }) => type !== "mesh.query" || peer.id !== "node-2" || "not you",
    });
    controller.handle("mesh.query", (query) => ({ ...query, instances: [] }));
    const ask = async (id: string) => {
      const node = await startNode(id);
      const peer = await node.peerAt(controller.address!);
      return peer.mesh.query({ service_name: "user-service" });
    };
    await expect(ask("node-2")).rejects.toMatchObject({
      code: "UNAUTHORIZED",
      outcome: "rejected",
      details: { rule: "not you", identity: "node-2" },
    });
    await expect(ask("node-3")).resolves.toMatchObject({ service_name: "user-service" });
  });

  it("is asked for what the node handles itself as well", async () => {
    const types = new Set<string>();
    const authorize = ({ type }: { type: string }) => {
      types.add(type);
      return true;
    };
    await startCluster(1, { authorize });
    await expect.poll(() => [...types]).toContain("sync.request");
    expect([...types]).toContain("gossip.announce");
  });
});
