import { describe, expect, it } from "vitest";
import { FS_REPLICATE } from "../../../generated/messages/fs/replicate.js";
import type { LogEntry } from "../../../generated/messages/log/entry.js";
import { LOG_SUBSCRIBE } from "../../../generated/messages/log/subscribe.js";
import { RnpError } from "../../../runtime/core/error.js";
import type { InboundMessage } from "../../../runtime/core/inbound.js";
import type { MessageKey } from "../../../runtime/core/message-ids.js";
import type { Pair } from "../../support/pair.js";
import { chunk, exhaust, line, SUBSCRIBE, settleAll, twoNodes } from "../../support/two-nodes.js";

const ENDLESS = { timeoutMs: Number.POSITIVE_INFINITY };

interface Stream {
  readonly pair: Pair;
  readonly key: MessageKey;
  /** The request, as the producer has it. */
  readonly request: InboundMessage;
}

/** The client asks for a stream and gives credit for so many items. */
function subscribed(itemCredit: number, pair = twoNodes(), options = ENDLESS): Stream {
  const { connection } = pair.client;
  const key = connection.calls.openStream(pair.now, LOG_SUBSCRIBE, SUBSCRIBE, options, itemCredit);
  pair.settle();
  return { pair, key, request: pair.server.messages.at(-1)! };
}

function items({ client }: Pair): number[] {
  return client.all("item").map(({ data }) => (data as LogEntry).sequence);
}

describe("a stream", () => {
  it("carries its items in order, and ends when its producer says so", () => {
    const { pair, key, request } = subscribed(10);
    const { replies } = pair.server.connection;
    for (let sequence = 1; sequence <= 3; sequence++) replies.item(request, line(sequence));
    replies.end(request, undefined);
    pair.settle();
    expect(items(pair)).toEqual([1, 2, 3]);
    expect(pair.client.all("settled")).toEqual([
      { kind: "settled", key, token: undefined, data: undefined },
    ]);
    expect(pair.client.connection.inFlightCount).toBe(0);
    expect(pair.server.connection.isIdle).toBe(true);
  });

  it("gives its token with every item and with its end", () => {
    const pair = twoNodes();
    const token = Symbol("mine");
    const { request } = subscribed(2, pair, { ...ENDLESS, token } as typeof ENDLESS);
    pair.server.connection.replies.item(request, line(1));
    pair.server.connection.replies.end(request, undefined);
    pair.settle();
    expect(pair.client.all("item")[0]?.token).toBe(token);
    expect(pair.client.all("settled")[0]?.token).toBe(token);
  });

  it("that ends with an error fails with it, behind its items", () => {
    const { pair, key, request } = subscribed(10);
    const { replies } = pair.server.connection;
    replies.item(request, line(1));
    replies.end(request, new RnpError("UNAVAILABLE", "the instance has stopped"));
    pair.settle();
    expect(items(pair)).toEqual([1]);
    expect(pair.client.all("failed")).toMatchObject([
      { key, error: { code: "UNAVAILABLE", peer: "node-2", outcome: "rejected" } },
    ]);
    expect(pair.client.all("settled")).toEqual([]);
  });

  it("is refused before its first item by an error, as any request", () => {
    const { pair, key, request } = subscribed(10);
    pair.server.connection.replies.refuse(request, new RnpError("NOT_FOUND", "no such instance"));
    pair.settle();
    expect(pair.client.all("failed")).toMatchObject([
      { key, error: { code: "NOT_FOUND", outcome: "rejected" } },
    ]);
  });

  it("has nothing after its end: what its producer still says is dropped", () => {
    const { pair, request } = subscribed(10);
    const { replies } = pair.server.connection;
    replies.end(request, undefined);
    replies.item(request, line(1));
    replies.end(request, new RnpError("INTERNAL_ERROR", "late"));
    replies.refuse(request, new RnpError("INTERNAL_ERROR", "late"));
    pair.settle();
    expect(pair.client.all("settled")).toHaveLength(1);
    expect(pair.client.all("item")).toEqual([]);
    expect(pair.client.all("failed")).toEqual([]);
    expect(pair.client.messages).toEqual([]);
  });

  it("fails with TIMEOUT at its deadline where its caller set one, and never where not", () => {
    const pair = twoNodes();
    subscribed(10, pair);
    const { request } = subscribed(10, pair, { timeoutMs: 500 });
    expect(request.deadlineAt).toBe(500);
    expect(pair.server.messages[0]?.deadlineAt).toBeUndefined();
    pair.advance(501);
    expect(pair.client.all("failed")).toMatchObject([
      { error: { code: "TIMEOUT", outcome: "unknown" } },
    ]);
    pair.advance(24 * 3_600_000);
    expect(pair.client.connection.inFlightCount).toBe(1);
  });

  it("fails with the connection, also after items came: a lost connection is no end", () => {
    const { pair, request } = subscribed(10);
    pair.server.connection.replies.item(request, line(1));
    pair.settle();
    pair.client.connection.handleEnd();
    pair.client.collect();
    expect(pair.client.all("failed")[0]?.error).toMatchObject({
      code: "UNAVAILABLE",
      outcome: "unknown",
    });
    expect(pair.client.all("settled")).toEqual([]);
  });

  it("needs a peer that knows streams: UNSUPPORTED at once, and nothing is sent", () => {
    const pair = twoNodes({ server: { capabilities: ["bin", "flow"] } });
    expect(() =>
      pair.client.connection.calls.openStream(0, LOG_SUBSCRIBE, SUBSCRIBE, ENDLESS, 1),
    ).toThrow(expect.objectContaining({ code: "UNSUPPORTED", outcome: "not-delivered" }));
    pair.settle();
    expect(pair.server.messages).toEqual([]);
    expect(pair.client.connection.inFlightCount).toBe(0);
  });
});

describe("the credit of a stream", () => {
  it("bounds the items, and grants add up", () => {
    const { pair, key, request } = subscribed(1);
    const { replies } = pair.server.connection;
    expect(request.itemCredit).toBe(1);
    replies.item(request, line(1));
    expect(() => replies.item(request, line(2))).toThrow(
      expect.objectContaining({ code: "BACKPRESSURE" }),
    );
    pair.client.connection.calls.grantItems(key, 2);
    pair.client.connection.calls.grantItems(key, 3);
    pair.settle();
    expect(request.itemCredit).toBe(5);
    expect(pair.server.all("credit").map(({ message }) => message)).toEqual([
      request,
      request,
      request,
    ]);
  });

  it("is not spent by an item that breaks its schema", () => {
    const { pair, request } = subscribed(1);
    const wrong = { ...line(1), sequence: -1 };
    expect(() => pair.server.connection.replies.item(request, wrong)).toThrow(/sequence/);
    expect(request.itemCredit).toBe(1);
  });

  it("that a peer exceeds is a fault that names the item", () => {
    const { pair, request } = subscribed(1);
    request.itemCredit = 10;
    for (let sequence = 1; sequence <= 2; sequence++) {
      pair.server.connection.replies.item(request, line(sequence));
    }
    pair.settle();
    expect(items(pair)).toEqual([1]);
    expect(pair.client.all("closed")[0]?.error).toMatchObject({
      code: "FLOW_CONTROL_ERROR",
      details: { message_type: "log.entry" },
    });
    expect(pair.client.all("failed")).toHaveLength(1);
  });

  it("that adds up to more than any reader has room for is a fault", () => {
    const { pair, key, request } = subscribed(1);
    request.itemCredit = 2 ** 31 - 1;
    pair.client.connection.calls.grantItems(key, 1);
    pair.settle();
    expect(pair.client.all("closed")[0]?.error?.code).toBe("FLOW_CONTROL_ERROR");
  });

  it("for a stream that is over is dropped", () => {
    const { pair, key, request } = subscribed(1);
    pair.server.connection.replies.end(request, undefined);
    pair.client.connection.calls.grantItems(key, 1);
    pair.settle();
    pair.client.connection.calls.grantItems(key, 1);
    pair.settle();
    expect(pair.client.all("settled")).toHaveLength(1);
    expect(pair.server.connection.isOpen).toBe(true);
  });

  it("passes by what waits for credit of the connection, once its own request has left", () => {
    const { pair, key, request } = subscribed(1);
    exhaust(pair.client);
    pair.client.connection.send(FS_REPLICATE, chunk(10));
    expect(pair.client.connection.isStalled).toBe(true);
    pair.client.connection.calls.grantItems(key, 4);
    pair.settle();
    expect(request.itemCredit).toBe(5);
  });
});

describe("a stream that is cancelled", () => {
  it("by its consumer tells its producer, and nothing more of it is told to either", () => {
    const { pair, key, request } = subscribed(10);
    const { connection } = pair.server;
    connection.replies.item(request, line(1));
    pair.settle();
    expect(pair.client.connection.calls.cancel(key)).toBe(false);
    pair.settle();
    expect(pair.server.all("cancelled")).toEqual([{ kind: "cancelled", message: request }]);
    connection.replies.item(request, line(2));
    connection.replies.end(request, undefined);
    pair.settle();
    expect(items(pair)).toEqual([1]);
    expect(pair.client.all("settled")).toEqual([]);
    expect(pair.client.all("failed")).toEqual([]);
    expect(pair.client.messages).toEqual([]);
    expect(pair.server.connection.isIdle).toBe(true);
  });

  it("while items are under way closes nothing, and those cost their producer nothing for good", () => {
    const { pair, key, request } = subscribed(10);
    pair.server.connection.replies.item(request, line(1));
    pair.client.connection.calls.cancel(key);
    pair.settle();
    settleAll(pair.client);
    expect(items(pair)).toEqual([]);
    expect(pair.client.connection.unsettledSize).toBe(0);
    expect(pair.client.all("closed")).toEqual([]);
  });

  it("after its end is not told to anybody", () => {
    const { pair, key, request } = subscribed(10);
    pair.server.connection.replies.end(request, undefined);
    pair.settle();
    expect(pair.client.connection.calls.cancel(key)).toBe(false);
    pair.settle();
    expect(pair.server.meter.of("cancel").received).toBe(0);
  });
});

describe("many streams on one connection", () => {
  /** Opens so many, and gives the requests as the producer has them. */
  function open(pair: Pair, count: number): InboundMessage[] {
    for (let index = 0; index < count; index++) {
      pair.client.connection.calls.openStream(0, LOG_SUBSCRIBE, SUBSCRIBE, ENDLESS, 2);
    }
    pair.settle();
    return pair.server.messages;
  }

  it("are told apart, thousands of them, in any order of items and ends", () => {
    const pair = twoNodes();
    const requests = open(pair, 3000);
    expect(requests).toHaveLength(3000);
    const { replies } = pair.server.connection;
    for (const [index, request] of [...requests.entries()].reverse()) {
      replies.item(request, line(index));
    }
    pair.settle();
    for (const request of requests) replies.end(request, undefined);
    pair.settle();
    expect(new Set(items(pair)).size).toBe(3000);
    expect(pair.client.all("settled")).toHaveLength(3000);
    expect(pair.client.connection.isIdle).toBe(true);
    expect(pair.server.connection.isIdle).toBe(true);
  });

  it("leave the credit to others, however long they stay open", () => {
    const pair = twoNodes();
    open(pair, 1000);
    expect(pair.client.connection.isStalled).toBe(false);
    expect(pair.server.connection.unsettledSize).toBe(0);
    pair.client.connection.send(FS_REPLICATE, chunk(10));
    pair.settle();
    expect(pair.server.messages.at(-1)?.type).toBe(FS_REPLICATE);
  });

  it("are bounded by their number: one more is refused with RESOURCE_EXHAUSTED", () => {
    const pair = twoNodes();
    const requests = open(pair, 4097);
    expect(requests).toHaveLength(4096);
    expect(pair.client.all("failed")).toMatchObject([
      { error: { code: "RESOURCE_EXHAUSTED", outcome: "rejected" } },
    ]);
    pair.server.connection.replies.end(requests[0]!, undefined);
    pair.settle();
    expect(open(pair, 1)).toHaveLength(4097);
    expect(pair.client.connection.creditBytes).toBeLessThanOrEqual(
      pair.server.connection.windowBytes,
    );
  });
});
