import { describe, expect, it } from "vitest";
import { type RnpNode, scaledTiming, TIMINGS } from "../../../runtime/index.js";
import { testCertificate } from "../../support/certificates.js";
import { startCluster, startNode, untilMembers } from "../../support/cluster.js";
import { messageOf, type RawMessage, RawPeer } from "../../support/raw-peer.js";

/** Silence of 0.7 s kills; fast enough for a test, slow enough for a busy machine. */
const liveness = scaledTiming(0.02, TIMINGS.specification);

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
    const { controller, nodes } = await startCluster(2, { liveness });
    const changes: string[] = [];
    void (async () => {
      for await (const { node, state } of controller.members()) changes.push(`${node} ${state}`);
    })();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(changes).toEqual([]);
    expect(nodes[0]!.stats()["gossip.heartbeat"]!.received).toBeGreaterThan(6);
  });

  it("tells a leave from a death", async () => {
    const { controller, nodes } = await startCluster(2, { liveness });
    await nodes[0]!.close();
    const row = controller.memberList().find(({ node }) => node === "node-1");
    expect(row?.state).toBe("left");
  });

  it("takes back a node that was restarted on another port", async () => {
    const { controller, nodes } = await startCluster(2, { liveness });
    await nodes[0]!.close();
    await untilMembers(controller, 2);
    const again = await startNode("node-1", { join: [controller.address!], liveness });
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

describe("an epidemic", () => {
  const lively = { ...scaledTiming(0.2, TIMINGS.lan), syncIntervalMs: 1000 };

  it("tells everybody of who joins, leaves or dies, although nobody tells all", async () => {
    const options = { liveness: lively, dissemination: "epidemic" } as const;
    const { controller, nodes } = await startCluster(7, options);
    const last = await startNode("node-8", { join: [nodes[3]!.address!], ...options });
    const all = [controller, ...nodes, last];
    for (const node of all) await untilMembers(node, 9);
    const died: string[] = [];
    for (const node of all) {
      void (async () => {
        for await (const { kind, node: id } of node.members()) if (kind === "died") died.push(id);
      })();
    }
    await last.close();
    const stateOf = (node: RnpNode) =>
      node.memberList().find(({ node: id }) => id === "node-8")?.state;
    const rest = [controller, ...nodes];
    await expect.poll(() => rest.map(stateOf)).toEqual(rest.map(() => "left"));
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(died).toEqual([]);
    expect(controller.memberList().filter(({ state }) => state === "alive")).toHaveLength(8);
  });
});

describe("services", () => {
  it("reach all that compare tables with a node which keeps a registry", async () => {
    const service = { service_name: "users", instance_id: "a", node: "node-1", healthy: true };
    let registry = [service];
    const liveness = { ...TIMINGS.local, syncIntervalMs: 200 };
    const controller = await startNode("controller-1", { liveness, services: () => registry });
    const node = await startNode("node-1", { liveness, join: [controller.address!] });
    await expect.poll(() => node.services()).toEqual([service]);
    registry = [{ ...service, healthy: false }];
    await expect.poll(() => node.services()).toEqual(registry);
    expect(controller.services()).toEqual(registry);
    await controller.close();
    await expect.poll(() => node.services()).toEqual([]);
  });
});

const ANNOUNCEMENT = { address: "127.0.0.1:1", version: "0.0.4", capabilities: ["mesh"] };
const HEARTBEAT = { sequence: 1, cpu_percent: 45.2, ram_used_mb: 2048, instances: 12 };
const SUSPICION = { suspect_node: "controller-1", last_seen: 1_705_075_100_000, failed_pings: 3 };

/** What a row of a member table says without anything that was added later. */
const SPECIFIED_FIELDS = [
  "node",
  "role",
  "state",
  "address",
  "version",
  "capabilities",
  "metadata",
  "since",
];

/** What the node believes of `node-1`, once it has handled all that `peer` has said. */
async function rowOf(peer: RawPeer, node: RnpNode) {
  peer.say(messageOf("sync.request", "node-1", {}));
  const table = (await peer.hear("sync.response")).data as { members: RawMessage[] };
  const row = node.memberList().find(({ node: id }) => id === "node-1");
  return { table, row };
}

describe("a peer that knows only the specification's fields", () => {
  it("is a member like any other, and is told nothing in other fields", async () => {
    const controller = await startNode("controller-1");
    const peer = await RawPeer.greet(controller.address!, await testCertificate());
    peer.say(messageOf("gossip.suspect", "node-1", SUSPICION));
    const { data } = await peer.hear("gossip.announce");
    expect(Object.keys(data as object)).toEqual(["address", "version", "capabilities"]);

    peer.say(messageOf("gossip.announce", "node-1", ANNOUNCEMENT));
    peer.say(messageOf("gossip.heartbeat", "node-1", HEARTBEAT));
    const { table, row } = await rowOf(peer, controller);
    expect(row).toMatchObject({ ...ANNOUNCEMENT, state: "alive" });
    expect(Object.keys(table).sort()).toEqual(["full", "members", "services"]);
    expect(table.members.map(({ node, state }) => [node, state])).toEqual([
      ["controller-1", "alive"],
      ["node-1", "alive"],
    ]);
    for (const member of table.members) {
      expect(Object.keys(member).filter((field) => !SPECIFIED_FIELDS.includes(field))).toEqual([]);
    }

    peer.say(messageOf("gossip.leave", "node-1", { reason: "shutdown" }));
    expect((await rowOf(peer, controller)).row?.state).toBe("left");
  });
});

const LIFE = { epoch: 1_705_075_000_000, incarnation: 1 };

describe("a peer that says all that can be said of members", () => {
  it("is a member like any other", async () => {
    const controller = await startNode("controller-1");
    const identity = await testCertificate();
    const peer = await RawPeer.greet(controller.address!, identity, "node-1", ["later"]);
    const facts = { facts_hash: "5f1d7c8e02b94a36", next_ms: 10_000, later: [1] };
    peer.say(messageOf("gossip.announce", "node-1", { ...ANNOUNCEMENT, ...LIFE, ...facts }));
    const news = [
      { node: "node-9", state: "dead", ...LIFE, accusers: ["node-7", "node-8"] },
      { node: "node-8", state: "later", ...LIFE, later: true },
    ];
    peer.say(
      messageOf("gossip.heartbeat", "node-1", { ...HEARTBEAT, ...LIFE, next_ms: 10_000, news }),
    );
    const accused = { ...SUSPICION, ...LIFE, suspect_node: "node-9", state: "suspect" };
    peer.say(messageOf("gossip.suspect", "node-1", { ...accused, accusers: ["node-7"] }));
    const { row } = await rowOf(peer, controller);
    expect(row).toMatchObject({ ...ANNOUNCEMENT, state: "alive" });

    const asked = { hash: "a3c59ac2f0e14b87", services_hash: "0000000000000000" };
    peer.say(messageOf("sync.request", "node-1", { ...asked, buckets: [0, 63], digest: {} }));
    expect((await peer.hear("sync.response")).data).toMatchObject({ services: [] });

    peer.say(messageOf("gossip.leave", "node-1", { reason: "shutdown", ...LIFE }));
    expect((await rowOf(peer, controller)).row?.state).toBe("left");
    expect(controller.memberList().map(({ node }) => node)).not.toContain("node-8");
  });
});
