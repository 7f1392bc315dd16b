import { describe, expect, it } from "vitest";
import type { NetworkOptions } from "../../../runtime/index.js";
import { startNode } from "../../support/cluster.js";
import { startController } from "../../support/daemon.js";

/*
 * The peers here are processes of their own: killed, they say nothing; stopped, they stay half open.
 */

const PING = { timestamp: 0 };
const PATIENT = { timeoutMs: 60_000 };

/** A client of whoever listens at `address`. */
async function clientOf(address: string, network: Partial<NetworkOptions> = {}) {
  const node = await startNode("node-1", { network });
  return { node, peer: await node.peerAt(address) };
}

const failureOf = (work: Promise<unknown>) =>
  work.then(
    () => expect.unreachable(),
    (error) => error,
  );

describe("a peer that was killed", () => {
  it("fails calls with the reason, and serves the first one after it listens again", async () => {
    const { rnp, address } = await startController();
    const { peer } = await clientOf(address);
    await peer.ping(PING);
    await rnp.kill();
    for (let count = 0; count < 8; count++) {
      const error = await failureOf(peer.ping(PING));
      expect(error).toMatchObject({ code: "UNAVAILABLE", peer: "controller-1" });
    }
    await startController("controller-1", address);
    expect(await peer.ping(PING)).toMatchObject({ request_timestamp: 0 });
  });

  it("fails at once what it was asked, as it may have done it", async () => {
    const { rnp, address } = await startController();
    const { peer } = await clientOf(address);
    await peer.ping(PING);
    rnp.signal("SIGSTOP"); // So that it cannot answer before it is killed.
    const asked = failureOf(peer.ping(PING, PATIENT));
    await new Promise((resolve) => setImmediate(resolve));
    await rnp.kill();
    expect(await asked).toMatchObject({ code: "UNAVAILABLE", outcome: "unknown" });
  });

  it("whose port another node took is not reached there, and the reason told without a dial", async () => {
    const { rnp, address } = await startController();
    const { peer } = await clientOf(address);
    await peer.ping(PING);
    await rnp.kill();
    const other = await startController("controller-2", address);
    await expect.poll(() => failureOf(peer.ping(PING))).toMatchObject({ code: "AUTH_FAILED" });
    await other.rnp.kill();
    const error = await failureOf(peer.ping(PING));
    expect(error).toMatchObject({ code: "AUTH_FAILED", outcome: "not-delivered" });
    expect(error.message).toContain("expected controller-1, but controller-2 is there");
  });
});

describe("a peer that could not prove who it is", () => {
  it("is dialled again as soon as it dials this node", async () => {
    const node = await startNode("node-1");
    const first = await startNode("node-2");
    const listen = first.address!;
    const peer = await node.peerAt(listen);
    await first.close({ drainMs: 0 });
    const other = await startNode("node-3", { listen });
    await expect.poll(() => failureOf(peer.ping(PING))).toMatchObject({ code: "AUTH_FAILED" });
    await other.close({ drainMs: 0 });
    const again = await startNode("node-2", { listen });
    expect(await failureOf(peer.ping(PING))).toMatchObject({ code: "AUTH_FAILED" });
    await again.peerAt(node.address!);
    expect(await peer.ping(PING)).toMatchObject({ request_timestamp: 0 });
  });
});

describe("a peer that is half open", () => {
  it("is given up by keepalive, and reached again on a new connection", async () => {
    const { rnp, address } = await startController();
    const { peer } = await clientOf(address, { keepalive_interval_seconds: 0.3 });
    await peer.ping(PING);
    rnp.signal("SIGSTOP");
    const error = await failureOf(peer.ping(PING, PATIENT));
    expect(error).toMatchObject({ code: "UNAVAILABLE", outcome: "unknown" });
    rnp.signal("SIGCONT");
    expect(await peer.ping(PING, PATIENT)).toMatchObject({ request_timestamp: 0 });
  });

  it("fails a call that cannot connect in time with the reason", async () => {
    const { rnp, address } = await startController();
    const { peer } = await clientOf(address, { keepalive_interval_seconds: 0.3 });
    await peer.ping(PING);
    rnp.signal("SIGSTOP");
    await failureOf(peer.ping(PING, PATIENT));
    const error = await failureOf(peer.ping(PING, { timeoutMs: 200 }));
    expect(error).toMatchObject({ code: "TIMEOUT", outcome: "not-delivered" });
    expect(error.message).toContain("connecting to controller-1");
  });
});
