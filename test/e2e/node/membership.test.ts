import { describe, expect, it } from "vitest";
import { scaledLiveness } from "../../../runtime/index.js";
import { startCluster, startNode, untilMembers } from "../../support/cluster.js";

/** Silence of 0.7 s kills; fast enough for a test, slow enough for a busy machine. */
const timing = scaledLiveness(0.02);

describe("membership", () => {
  it("spreads from one seed address to everybody", async () => {
    const { controller, nodes } = await startCluster(3);
    for (const node of [controller, ...nodes]) {
      const names = node.memberList().map(({ node: name }) => name);
      expect(names.sort()).toEqual(["controller-1", "node-1", "node-2", "node-3"]);
    }
    const row = controller.memberList().find(({ node }) => node === "node-2");
    expect(row).toMatchObject({ role: "node", state: "alive", address: nodes[1]!.address });
  });

  it("keeps a quiet cluster alive by heartbeats alone", async () => {
    const { controller, nodes } = await startCluster(2, { timing });
    const changes: string[] = [];
    void (async () => {
      for await (const { node, state } of controller.members()) changes.push(`${node} ${state}`);
    })();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(changes).toEqual([]);
    expect(nodes[0]!.stats()["gossip.heartbeat"]!.received).toBeGreaterThan(6);
  });

  it("tells a leave from a death", async () => {
    const { controller, nodes } = await startCluster(2, { timing });
    await nodes[0]!.close();
    const row = controller.memberList().find(({ node }) => node === "node-1");
    expect(row?.state).toBe("left");
  });

  it("takes back a node that was restarted on another port", async () => {
    const { controller, nodes } = await startCluster(2, { timing });
    await nodes[0]!.close();
    await untilMembers(controller, 2);
    const again = await startNode("node-1", { join: [controller.address!], timing });
    await untilMembers(nodes[1]!, 3);
    const pong = await nodes[1]!.peer("node-1").ping({ timestamp: 5 });
    expect(pong.request_timestamp).toBe(5);
    expect(again.address).not.toBe(nodes[0]!.address);
  });

  it("broadcasts to every other member", async () => {
    const { controller, nodes } = await startCluster(2);
    await nodes[0]!.everyone.gossip.suspect({
      suspect_node: "node-9",
      last_seen: 1_705_075_100_000,
      failed_pings: 3,
    });
    await nodes[0]!.peer("controller-1").ping({ timestamp: 1 });
    await nodes[0]!.peer("node-2").ping({ timestamp: 1 });
    expect(controller.stats()["gossip.suspect"]?.received).toBe(1);
    expect(nodes[1]!.stats()["gossip.suspect"]?.received).toBe(1);
  });

  it("waits for a seed that starts later than the node", async () => {
    const first = await startNode("controller-1");
    const address = first.address!;
    await first.close();
    const node = await startNode("node-1", { join: [address] });
    const controller = await startNode("controller-1", { listen: address });
    expect((await node.controller()).id).toBe("controller-1");
    await untilMembers(controller, 2);
  });

  it("gives up waiting for a controller in time and says so", async () => {
    const node = await startNode("node-1");
    await expect(node.controller({ timeoutMs: 50 })).rejects.toMatchObject({ code: "TIMEOUT" });
  });

  it("ends every iteration over changes when the node closes", async () => {
    const node = await startNode("node-1");
    const changes = node.members();
    const ended = changes.next();
    await node.close();
    expect(await ended).toMatchObject({ done: true });
  });
});
