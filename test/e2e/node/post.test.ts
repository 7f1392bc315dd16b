import { describe, expect, it } from "vitest";
import { testCertificate } from "../../support/certificates.js";
import { startCluster, startNode } from "../../support/cluster.js";
import { RawPeer } from "../../support/raw-peer.js";

const STOPPED = { instance_id: "inst-1", exit_code: 0, reason: "terminated", runtime_seconds: 1 };
const load = (cpu_percent: number) => ({ cpu_percent, ram_used_mb: 1, instance_count: 0 });

describe("posted messages", () => {
  it("arrive in order, with their meta", async () => {
    const { controller, nodes } = await startCluster(1);
    const arrived: unknown[] = [];
    controller.handle("heartbeat", ({ cpu_percent }, { meta }) => {
      arrived.push([cpu_percent, meta]);
    });
    const peer = await nodes[0]!.controller();
    await peer.heartbeat(load(0));
    for (let count = 1; count <= 50; count++) {
      expect(peer.post("heartbeat", load(count), { meta: { traceparent: "00-1" } })).toBe(true);
    }
    await expect.poll(() => arrived.length).toBe(51);
    expect(arrived.slice(1)).toEqual(
      Array.from({ length: 50 }, (_, index) => [index + 1, { traceparent: "00-1" }]),
    );
  });

  it("tell when to wait, and are refused rather than queued without end", async () => {
    const node = await startNode("controller-1");
    const raw = await RawPeer.greet(node.address!, await testCertificate());
    raw.socket.pause();
    const peer = node.peer("node-1");
    const capabilities = Array.from({ length: 32 }, (_, index) => `${index}`.padStart(32, "c"));
    const announcement = { address: "127.0.0.1:1", version: "1.0.0", capabilities };
    while (peer.post("gossip.announce", announcement)) await Promise.resolve();
    let isDrained = false;
    const drained = peer.drained().then(() => {
      isDrained = true;
    });
    expect(() => {
      for (;;) peer.post("gossip.announce", announcement);
    }).toThrow(expect.objectContaining({ code: "BACKPRESSURE", outcome: "not-delivered" }));
    expect(isDrained).toBe(false);
    raw.socket.resume();
    await drained;
    expect(peer.post("gossip.announce", announcement)).toBe(true);
    raw.socket.destroy();
  });

  it("need an open connection, and have it opened for the next one", async () => {
    const { controller, nodes } = await startCluster(1);
    const arrived = new Promise((resolve) => controller.handle("heartbeat", resolve));
    const peer = await nodes[0]!.controller();
    expect(() => nodes[0]!.peer("node-9").post("heartbeat", load(1))).toThrow(
      expect.objectContaining({ code: "UNAVAILABLE", outcome: "not-delivered", peer: "node-9" }),
    );
    for (;;) {
      try {
        peer.post("heartbeat", load(2));
        break;
      } catch (error) {
        expect(error).toMatchObject({ code: "UNAVAILABLE" });
        await peer.drained();
      }
    }
    expect(await arrived).toEqual(load(2));
  });

  it("cannot be promised more than one attempt", async () => {
    const { nodes } = await startCluster(1);
    const peer = await nodes[0]!.controller();
    expect(() => peer.post("instance.stopped", STOPPED)).toThrow(
      expect.objectContaining({ code: "PROTOCOL_ERROR", outcome: "not-delivered" }),
    );
    expect(() => peer.post("goodbye", { reason: "none" })).toThrow("goodbye cannot be posted");
    // @ts-expect-error a request has an answer
    expect(() => peer.post("mesh.query", { service_name: "any" })).toThrow("cannot be posted");
  });
});
