import { describe, expect, it } from "vitest";
import { FS_REPLICATE } from "../../../generated/messages/fs/replicate.js";
import { LOG_SUBSCRIBE } from "../../../generated/messages/log/subscribe.js";
import { SYNC_REQUEST } from "../../../generated/messages/sync/request.js";
import type { Pair } from "../../support/pair.js";
import {
  ASK,
  chunk,
  exhaust,
  SUBSCRIBE,
  settleAll,
  TABLES,
  twoNodes,
} from "../../support/two-nodes.js";

/** A pair whose client has no credit left; the server's handlers have not settled. */
function stalled(): Pair {
  const pair = twoNodes();
  exhaust(pair.client);
  pair.settle();
  return pair;
}

/** Types of the messages that the server's application gets once there is credit again. */
function arrivals(pair: Pair): string[] {
  const count = pair.server.messages.length;
  settleAll(pair.server);
  pair.settle();
  return pair.server.messages.slice(count).map(({ type }) => type.type);
}

describe("a message that waits for credit", () => {
  it("fails at its deadline as not delivered, and is then never sent", () => {
    const pair = stalled();
    const { connection } = pair.client;
    const key = connection.calls.request(0, SYNC_REQUEST, ASK, { timeoutMs: 500 });
    connection.calls.sendForAck(0, FS_REPLICATE, chunk(10, 7), { timeoutMs: 600 });
    const size = connection.queuedSize;
    pair.advance(501);
    expect(pair.client.all("failed")).toMatchObject([
      { key, error: { code: "TIMEOUT", outcome: "not-delivered", peer: "node-2" } },
    ]);
    expect(connection.queuedSize).toBeLessThan(size);
    pair.advance(100);
    expect(pair.client.all("failed")[1]?.error.outcome).toBe("not-delivered");
    expect(connection.queuedSize).toBe(0);
    expect(connection.isStalled).toBe(false);
    expect(arrivals(pair)).toEqual([]);
  });

  it("has an unknown outcome at its deadline once it has left", () => {
    const pair = stalled();
    pair.client.connection.calls.request(0, SYNC_REQUEST, ASK, { timeoutMs: 500 });
    expect(arrivals(pair)).toEqual(["sync.request"]);
    pair.advance(501);
    expect(pair.client.all("failed")[0]?.error).toMatchObject({
      code: "TIMEOUT",
      outcome: "unknown",
    });
  });

  it("is taken back by its cancellation, and the peer hears nothing of either", () => {
    const pair = stalled();
    const { connection } = pair.client;
    const keys = [1, 2, 3].map(() =>
      connection.calls.request(0, SYNC_REQUEST, ASK, { timeoutMs: 60_000 }),
    );
    expect(connection.calls.cancel(keys[1]!)).toBe(true);
    expect(connection.calls.cancel(keys[1]!)).toBe(false);
    expect(connection.inFlightCount).toBe(2);
    expect(arrivals(pair)).toEqual(["sync.request", "sync.request"]);
    expect(pair.server.meter.of("cancel").received).toBe(0);
    for (const message of pair.server.messages.slice(-2)) {
      pair.server.connection.replies.answer(message, TABLES);
    }
    pair.settle();
    expect(pair.client.all("settled").map(({ key }) => key)).toEqual([keys[0], keys[2]]);
  });

  it("is not delivered where the connection is lost, while the outcome of those that left is unknown", () => {
    const pair = twoNodes();
    const { connection } = pair.client;
    const left = connection.calls.request(0, SYNC_REQUEST, ASK, { timeoutMs: 60_000 });
    exhaust(pair.client);
    const held = connection.calls.request(0, SYNC_REQUEST, ASK, { timeoutMs: 60_000 });
    pair.settle();
    connection.handleEnd();
    pair.client.collect();
    expect(pair.client.all("failed")).toMatchObject([
      { key: left, error: { code: "UNAVAILABLE", outcome: "unknown" } },
      { key: held, error: { code: "UNAVAILABLE", outcome: "not-delivered" } },
    ]);
  });

  it("is not delivered where a drain ends before there is credit", () => {
    const pair = stalled();
    pair.client.connection.calls.request(0, SYNC_REQUEST, ASK, { timeoutMs: 60_000 });
    pair.client.connection.close(0, "shutdown", 1000);
    pair.advance(1001);
    expect(pair.client.all("failed")[0]?.error.outcome).toBe("not-delivered");
    expect(pair.client.all("closed")).toEqual([{ kind: "closed", error: undefined }]);
  });

  it("throws for data that breaks its schema, and leaves those before and after it whole", () => {
    const pair = stalled();
    const { connection } = pair.client;
    connection.send(FS_REPLICATE, chunk(10));
    expect(() => connection.send(FS_REPLICATE, { ...chunk(10), chunk_id: -1 })).toThrow(/chunk_id/);
    connection.calls.request(0, SYNC_REQUEST, ASK, { timeoutMs: 60_000 });
    expect(arrivals(pair)).toEqual(["fs.replicate", "sync.request"]);
  });

  it("goes out compressed where that was agreed, and costs what it then is", () => {
    const pair = stalled();
    const { connection } = pair.client;
    connection.send(FS_REPLICATE, { ...chunk(0), chunk_data: new Uint8Array(500_000) });
    expect(connection.queuedSize).toBeLessThan(10_000);
    expect(arrivals(pair)).toEqual(["fs.replicate"]);
    expect(pair.server.messages.at(-1)?.size).toBeLessThan(10_000);
  });

  it("is a request for a stream: its credit for items follows it, and leaves with it alone", () => {
    const pair = stalled();
    const { connection } = pair.client;
    connection.calls.openStream(0, LOG_SUBSCRIBE, SUBSCRIBE, { timeoutMs: 60_000 }, 3);
    pair.settle();
    expect(pair.server.meter.of("stream.credit").received).toBe(0);
    expect(arrivals(pair)).toEqual(["log.subscribe"]);
    expect(pair.server.messages.at(-1)?.itemCredit).toBe(3);
  });
});
