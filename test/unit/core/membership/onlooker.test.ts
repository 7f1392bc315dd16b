import { beforeEach, describe, expect, it } from "vitest";
import type { Speaker } from "../../../../runtime/core/membership/contract.js";
import { completeFacts } from "../../../../runtime/core/membership/facts.js";
import { Onlooker } from "../../../../runtime/core/membership/onlooker.js";

const EPOCH = 1_705_075_100_000;
const NODE_2: Speaker = { id: "node-2", role: "node", epoch: EPOCH, speaks: true };
const ANNOUNCE = { address: "10.0.0.2:7946", version: "1.0.0", capabilities: [] };
const ROW = { role: "node", state: "alive", since: EPOCH, capabilities: [] as string[] } as const;

describe("an onlooker", () => {
  let onlooker: Onlooker;
  const states = () =>
    onlooker.takeOutput().changes.map(({ node, after }) => `${node} ${after?.state}`);

  beforeEach(() => {
    onlooker = new Onlooker({
      node: "client",
      role: "node",
      facts: completeFacts("node", { capabilities: [], metadata: {} }),
      epoch: EPOCH,
      since: () => EPOCH,
    });
  });

  it("knows what a table told, where to dial, and that it is itself no part of it", () => {
    const members = [
      { ...ROW, node: "node-2", address: "10.0.0.2:7946" },
      { ...ROW, node: "node-3", address: "10.0.0.3:7946" },
    ];
    onlooker.handleSyncResponse(0, NODE_2, { members, services: [], full: true });
    const { commands, wakeAt } = onlooker.takeOutput();
    expect(commands).toEqual([
      { kind: "locate", node: "node-2", address: "10.0.0.2:7946" },
      { kind: "locate", node: "node-3", address: "10.0.0.3:7946" },
    ]);
    expect(wakeAt).toBe(Number.POSITIVE_INFINITY);
    const told = onlooker.handleSyncRequest(0, NODE_2, {});
    expect(told.members.map(({ node }) => node).sort()).toEqual(["node-2", "node-3"]);
  });

  it("follows what members say of themselves", () => {
    onlooker.handleMessage(0, NODE_2, { kind: "announce", data: ANNOUNCE });
    onlooker.handleMessage(1, NODE_2, { kind: "heartbeat", data: { sequence: 1 } });
    onlooker.handleMessage(2, NODE_2, { kind: "leave", data: { reason: "shutdown" } });
    expect(states()).toEqual(["node-2 alive", "node-2 left"]);
    const later = { ...NODE_2, epoch: EPOCH + 1 };
    onlooker.handleMessage(3, later, { kind: "announce", data: ANNOUNCE });
    expect(states()).toEqual(["node-2 alive"]);
  });

  it("takes nobody's word that another is silent", () => {
    onlooker.handleMessage(0, NODE_2, { kind: "announce", data: ANNOUNCE });
    onlooker.takeOutput();
    const accused = { suspect_node: "node-2", last_seen: 1, failed_pings: 3 };
    const accuser = { ...NODE_2, id: "node-3" };
    onlooker.handleMessage(1, accuser, { kind: "suspect", data: accused });
    expect(states()).toEqual([]);
  });
});
