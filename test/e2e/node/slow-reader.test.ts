import { afterEach, describe, expect, it } from "vitest";
import type { Peer } from "../../../runtime/index.js";
import { testCertificate } from "../../support/certificates.js";
import { startNode } from "../../support/cluster.js";
import { RawPeer } from "../../support/raw-peer.js";

const MIB = 1_048_576;
/** What is offered to the peer that does not read, in MiB; 1024 for the full proof. */
const OFFERED_SIZE = Number(process.env.RNP_TEST_OFFERED_MIB ?? 128) * MIB;
const WRITER_COUNT = 100;
const REQUEST_COUNT = 400;

/** About 4 KB. */
const ANNOUNCEMENT = {
  address: "127.0.0.1:1",
  version: "1.0.0",
  capabilities: Array.from({ length: 64 }, (_, index) => `${index}`.padStart(63, "c")),
};
const MESSAGE_SIZE = 64 * 63;

const raws: RawPeer[] = [];
afterEach(() => {
  for (const { socket } of raws.splice(0)) socket.destroy();
});

/** Many writers that each await every message, until all that is to be offered has been taken. */
class Offer {
  takenSize = 0;
  readonly over: Promise<unknown>;

  constructor(peer: Peer) {
    this.over = Promise.all(Array.from({ length: WRITER_COUNT }, () => this.#write(peer)));
  }

  async #write(peer: Peer): Promise<void> {
    while (this.takenSize < OFFERED_SIZE) {
      this.takenSize += MESSAGE_SIZE;
      await peer.gossip.announce(ANNOUNCEMENT);
    }
  }
}

/** 99 of 100 requests to `peer`, one after another, take no longer, in ms. */
async function p99(peer: Peer): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < REQUEST_COUNT; count++) {
    const startedAt = performance.now();
    await peer.ping({ timestamp: count });
    times.push(performance.now() - startedAt);
  }
  return times.sort((one, other) => one - other)[Math.floor(REQUEST_COUNT * 0.99)]!;
}

describe.each([
  ["knows flow control and returns no credit", ["flow"]],
  ["knows no flow control", []],
])("a peer that stops reading and %s", (_, capabilities) => {
  it("costs its sender little memory, and others none of their time", async () => {
    const sender = await startNode("controller-1");
    const other = await startNode("node-2", { join: [sender.address!] });
    const good = await other.controller();
    const identity = await testCertificate();
    const raw = await RawPeer.greet(sender.address!, identity, "node-1", capabilities);
    raws.push(raw);
    raw.socket.pause();
    await p99(good);
    const before = await p99(good);
    const rss = process.memoryUsage.rss();

    const offer = new Offer(sender.peer("node-1"));
    // The machine has its own hiccups; what the slow peer costs would show every time.
    const during = Math.min(await p99(good), await p99(good), await p99(good));
    expect(offer.takenSize).toBeLessThan(16 * MIB);
    expect(process.memoryUsage.rss() - rss).toBeLessThan(64 * MIB);
    expect(during / before).toBeLessThan(20);

    // Whoever waited is told, and nothing of what was offered is left.
    raw.socket.destroy();
    await expect(offer.over).rejects.toMatchObject({ code: "UNAVAILABLE" });
    await expect(good.ping({ timestamp: 1 })).resolves.toMatchObject({ request_timestamp: 1 });
  });
});

describe("a peer that reads again", () => {
  it("gets all that was offered, while the memory of its sender stays where it was", async () => {
    const sender = await startNode("controller-1");
    const raw = await RawPeer.greet(sender.address!, await testCertificate());
    raws.push(raw);
    raw.socket.pause();
    const rss = process.memoryUsage.rss();
    const offer = new Offer(sender.peer("node-1"));
    let readSize = 0;
    raw.socket.removeAllListeners("data");
    raw.socket.on("data", ({ length }) => {
      readSize += length;
    });
    raw.socket.resume();
    await offer.over;
    await expect.poll(() => readSize).toBeGreaterThan(OFFERED_SIZE);
    expect(process.memoryUsage.rss() - rss).toBeLessThan(96 * MIB);
  });
});
