import { expect, it } from "vitest";
import { testCertificate } from "../../support/certificates.js";
import { startCluster, startNode } from "../../support/cluster.js";
import { RawPeer } from "../../support/raw-peer.js";

it("tells of each connection what may be sent on it", async () => {
  const { nodes } = await startCluster(1);
  await (await nodes[0]!.controller()).ping({ timestamp: 1 });
  expect(nodes[0]!.connections()).toContainEqual({
    peer: "controller-1",
    side: "client",
    isOpen: true,
    inFlight: 0,
    queuedBytes: 0,
    creditBytes: expect.any(Number),
    windowBytes: 65_536,
    stalls: { count: 0, ms: 0 },
  });
});

it("counts how often, and for how long, a peer was too slow", async () => {
  const node = await startNode("controller-1");
  const raw = await RawPeer.greet(node.address!, await testCertificate());
  raw.socket.pause();
  const peer = node.peer("node-1");
  const announcement = { address: "127.0.0.1:1", version: "1.0.0", capabilities: ["instance"] };
  while (peer.post("gossip.announce", announcement)) await Promise.resolve();
  await expect.poll(() => node.connections()[0]!.stalls.ms).toBeGreaterThan(0);
  const stuck = node.connections()[0]!;
  expect(stuck.stalls.count).toBe(1);
  expect(stuck.queuedBytes).toBeGreaterThan(0);
  raw.socket.resume();
  await peer.drained();
  await expect.poll(() => node.connections()[0]!.queuedBytes).toBe(0);
  const { ms } = node.connections()[0]!.stalls;
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(node.connections()[0]!.stalls).toEqual({ count: 1, ms });
  raw.socket.destroy();
});
