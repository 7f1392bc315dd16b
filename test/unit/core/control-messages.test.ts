import { describe, expect, it } from "vitest";
import { FS_REPLICATE } from "../../../generated/messages/fs/replicate.js";
import { GOSSIP_HEARTBEAT } from "../../../generated/messages/gossip/heartbeat.js";
import type { Pair } from "../../support/pair.js";
import { chunk, settleAll, twoNodes, WINDOW } from "../../support/two-nodes.js";

const HEARTBEAT = { sequence: 1, cpu_percent: 45.2, ram_used_mb: 2048, instances: 12 };
const COUNT_MAX = 1024;

function flood(pair: Pair, count: number): void {
  for (let index = 0; index < count; index++) {
    pair.client.connection.send(GOSSIP_HEARTBEAT, HEARTBEAT);
  }
  pair.settle();
}

describe("control messages", () => {
  it("cost no credit, however many there are", () => {
    const pair = twoNodes();
    flood(pair, 2000);
    expect(pair.client.connection.creditBytes).toBe(WINDOW);
    expect(pair.server.connection.unsettledSize).toBe(0);
  });

  it("beyond 1024 that no handler has settled are dropped, and that is told", () => {
    const pair = twoNodes();
    flood(pair, COUNT_MAX);
    expect(pair.server.all("refused")).toEqual([]);
    flood(pair, 1);
    expect(pair.server.messages).toHaveLength(COUNT_MAX);
    expect(pair.server.all("refused")).toMatchObject([
      { by: "local", error: { code: "BACKPRESSURE" } },
    ]);
    expect(pair.server.all("refused")[0]?.error.message).toContain("gossip.heartbeat");
    expect(pair.server.connection.isOpen).toBe(true);
    expect(pair.client.all("refused")).toEqual([]);
  });

  it("are taken again as soon as one has been settled, and settling twice makes no more room", () => {
    const pair = twoNodes();
    flood(pair, COUNT_MAX);
    const [first] = pair.server.messages;
    pair.server.connection.replies.settle(first!);
    pair.server.connection.replies.settle(first!);
    flood(pair, 2);
    expect(pair.server.messages).toHaveLength(COUNT_MAX + 1);
    settleAll(pair.server);
    expect(pair.server.connection.isIdle).toBe(true);
  });

  it("do not keep out what costs credit", () => {
    const pair = twoNodes();
    flood(pair, COUNT_MAX + 1);
    pair.client.connection.send(FS_REPLICATE, chunk(10));
    pair.settle();
    expect(pair.server.messages.at(-1)?.type).toBe(FS_REPLICATE);
  });
});
