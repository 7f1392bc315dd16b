import { describe, expect, it } from "vitest";
import { FS_REPLICATE } from "../../../generated/messages/fs/replicate.js";
import { SYNC_REQUEST } from "../../../generated/messages/sync/request.js";
import type { SyncResponse } from "../../../generated/messages/sync/response.js";
import type { RnpError } from "../../../runtime/core/error.js";
import { failure, type LinkEnd, linkPair, until } from "../../support/link-pair.js";
import { ASK, chunk, TABLES } from "../../support/two-nodes.js";

const WITHOUT_FLOW = { capabilities: ["bin", "streams"] };
const MIB = 1_048_576;
const PATIENT = { timeoutMs: 60_000 };

/** Posts chunks of `size` until it is told to wait, and returns how many. */
function fill({ link }: LinkEnd, size = 50_000): number {
  for (let count = 1; ; count++) if (!link.post(FS_REPLICATE, chunk(size))) return count;
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  let isSettled = false;
  void promise.finally(() => {
    isSettled = true;
  });
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
  return !isSettled;
}

describe("post", () => {
  it("says to wait once 256 KiB wait for a socket that takes nothing, and to go on after that", async () => {
    const { client, server } = await linkPair(WITHOUT_FLOW);
    client.wire.isStuck = true;
    expect(fill(client)).toBe(6);
    const drained = client.link.drained();
    expect(await isPending(drained)).toBe(true);
    client.wire.isStuck = false;
    await drained;
    await until(() => server.messages.length === 6);
    expect(client.link.post(FS_REPLICATE, chunk(10))).toBe(true);
  });

  it("says to wait when the credit is used up, until some returns", async () => {
    const { client, server } = await linkPair();
    expect(fill(client)).toBe(3);
    const drained = client.link.drained();
    expect(await isPending(drained)).toBe(true);
    expect(client.wire.writableLength).toBe(0);
    expect(client.link.report().stalls.count).toBe(1);
    server.link.replies.settle(server.messages[0]!);
    server.link.replies.settle(server.messages[1]!);
    await drained;
    expect(client.link.report().stalls.count).toBe(1);
  });

  it("throws BACKPRESSURE beyond 32 MiB, takes nothing more then, and recovers", async () => {
    const { client, server } = await linkPair();
    server.act = (link, message) => link.replies.settle(message);
    client.wire.isStuck = true;
    let sent = 0;
    const post = () => {
      for (; ; sent++) client.link.post(FS_REPLICATE, chunk(MIB, sent));
    };
    expect(post).toThrow(expect.objectContaining({ code: "BACKPRESSURE", peer: "node-2" }));
    expect(client.link.queuedBytes).toBeGreaterThan(32 * MIB);
    expect(client.link.queuedBytes).toBeLessThan(34 * MIB);
    expect(() => client.link.request(SYNC_REQUEST, ASK, PATIENT)).toThrow(/BACKPRESSURE/);
    expect(client.link.isOpen).toBe(true);
    client.wire.isStuck = false;
    await client.link.drained();
    await until(() => server.messages.length === sent);
    expect(client.link.queuedBytes).toBeLessThan(1000);
  });

  it("throws UNAVAILABLE on a link that is closed", async () => {
    const { client } = await linkPair();
    await client.link.close("over", 100);
    expect(() => client.link.post(FS_REPLICATE, chunk(10))).toThrow(
      expect.objectContaining({ code: "UNAVAILABLE", outcome: "not-delivered" }),
    );
    await client.link.drained();
  });
});

describe("whoever waits for room", () => {
  it.each([WITHOUT_FLOW, {}])("waits no longer than the connection lasts (%o)", async (options) => {
    const { client } = await linkPair(options);
    client.wire.isStuck = true;
    fill(client);
    const waiting = [client.link.drained(), client.link.send(FS_REPLICATE, chunk(10))];
    expect(await isPending(waiting[0]!)).toBe(true);
    client.wire.destroy();
    await Promise.all(waiting);
    expect(client.closedWith).toMatchObject({ code: "UNAVAILABLE" });
  });

  it("shares one listener with all others", async () => {
    const { client } = await linkPair(WITHOUT_FLOW);
    client.wire.isStuck = true;
    fill(client);
    const waiting = Array.from({ length: 50 }, () => client.link.send(FS_REPLICATE, chunk(10)));
    expect(client.wire.listenerCount("drain")).toBe(1);
    client.wire.destroy();
    await Promise.all(waiting);
  });
});

describe("a peer that asks and does not take the answers", () => {
  const member = { role: "node", state: "alive", since: 1 } as const;
  /** An answer of about 200 KB that does not compress to nothing. */
  const answer: SyncResponse = {
    ...TABLES,
    members: Array.from({ length: 4000 }, (_, index) => ({ ...member, node: `node-${index}` })),
  };

  it("because it does not read is given up once 48 MiB wait for it", async () => {
    const { client, server } = await linkPair(WITHOUT_FLOW);
    server.act = (link, message) => link.replies.answer(message, answer);
    server.wire.isStuck = true;
    await overwhelm(client, server);
    expect(server.closedWith).toMatchObject({ code: "BACKPRESSURE", peer: "node-1" });
    expect(server.wire.destroyed).toBe(true);
  });

  it("because it grants no credit is given up as well", async () => {
    const { client, server } = await linkPair({ capabilities: ["bin", "flow", "streams"] });
    server.act = (link, message) => link.replies.answer(message, answer);
    // It reads what comes, and its application settles nothing: it holds on to its credit.
    for (let count = 0; count < 10; count++) fill(server, 10_000);
    await overwhelm(client, server);
    expect(server.closedWith).toMatchObject({ code: "BACKPRESSURE" });
  });

  async function overwhelm(client: LinkEnd, server: LinkEnd): Promise<void> {
    for (let count = 0; count < 1500 && client.link.isOpen; count++) {
      client.link.request(SYNC_REQUEST, ASK, PATIENT).catch(() => {});
      if (count % 20 === 0) await new Promise(setImmediate);
    }
    await until(() => server.closedWith !== undefined);
  }
});

describe("a peer without flow control", () => {
  it("is not read on while handlers have more than 16 MiB of its messages", async () => {
    const { client, server } = await linkPair(WITHOUT_FLOW);
    for (let count = 0; count < 20; count++) {
      client.link.post(FS_REPLICATE, chunk(MIB));
      await new Promise(setImmediate);
    }
    await until(() => server.messages.length === 16);
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    expect(server.messages).toHaveLength(16);
    expect(server.wire.isPaused()).toBe(true);
    for (const message of server.messages.slice(0, 4)) server.link.replies.settle(message);
    await until(() => server.messages.length === 20);
  });

  it("is not taken for gone while it is we who do not read", async () => {
    const timing = { keepaliveIntervalMs: 20, keepalivePatienceMs: 20 };
    const { client, server } = await linkPair({ ...WITHOUT_FLOW, timing });
    for (let count = 0; count < 18; count++) client.link.post(FS_REPLICATE, chunk(MIB));
    await until(() => server.wire.isPaused());
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(server.closedWith).toBeUndefined();
    for (const message of server.messages.splice(0)) server.link.replies.settle(message);
    await until(() => server.messages.length > 0);
  });
});

describe("a link that closes", () => {
  it("first writes all that it took, large pieces that wait for their turn included", async () => {
    const { client, server } = await linkPair(WITHOUT_FLOW);
    server.wire.isStuck = true;
    for (let index = 0; index < 4; index++) server.link.post(FS_REPLICATE, chunk(MIB, index));
    const answer = client.link.request(SYNC_REQUEST, ASK, PATIENT);
    const closing = client.link.close("over", 5000);
    await until(() => server.messages.length > 0 && !server.link.isOpen);
    server.link.replies.answer(server.messages[0]!, TABLES);
    await until(() => server.closedWith !== undefined);
    server.wire.isStuck = false;
    await expect(answer).resolves.toEqual(TABLES);
    await closing;
    expect(client.messages).toHaveLength(4);
    await until(() => server.wire.destroyed);
    expect([client.closedWith, server.closedWith]).toEqual(["goodbye", "goodbye"]);
  });
});

describe("a signal that is aborted already", () => {
  it("ends a call before anything is sent", async () => {
    const { client, server } = await linkPair();
    const signal = AbortSignal.abort(new Error("no longer"));
    const error = await failure(
      client.link.request(SYNC_REQUEST, ASK, { timeoutMs: 1000, signal }),
    );
    expect(error).toMatchObject({ code: "CANCELLED", outcome: "not-delivered" });
    expect((error as RnpError).cause).toBe(signal.reason);
    await client.link.close("over", 1000);
    expect(server.messages).toEqual([]);
  });
});
