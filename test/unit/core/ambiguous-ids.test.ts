import { describe, expect, it } from "vitest";
import { LOG_SUBSCRIBE } from "../../../generated/messages/log/subscribe.js";
import { SYNC_REQUEST } from "../../../generated/messages/sync/request.js";
import type { Pair } from "../../support/pair.js";
import { ASK, line, SUBSCRIBE, TABLES, twoNodes } from "../../support/two-nodes.js";

const PATIENT = { timeoutMs: 60_000 };

/** The id that the client made a billion messages before its next one, or one after: they have one key. */
function billionBefore(pair: Pair, after = 0): string {
  pair.client.connection.calls.cancel(
    pair.client.connection.calls.request(0, SYNC_REQUEST, ASK, PATIENT),
  );
  pair.settle();
  const { id } = pair.server.messages.at(-1)!;
  // The request, and the cancellation after it.
  const next = Number.parseInt(id.slice(-12), 16) + 2 + after;
  return id.slice(0, -12) + (next + 2 ** 48 - 2 ** 30).toString(16).slice(-12);
}

describe("a stream that has been open for a billion messages", () => {
  it("keeps its items, its credit and its cancellation to itself", () => {
    const pair = twoNodes();
    const { connection } = pair.client;
    const id = billionBefore(pair);
    const stream = connection.calls.openStream(0, LOG_SUBSCRIBE, SUBSCRIBE, { ...PATIENT, id }, 1);
    pair.settle();
    const subscription = pair.server.messages.at(-1)!;
    expect(subscription.id).toBe(id);
    connection.calls.grantItems(stream, 4);
    pair.settle();
    expect(subscription.itemCredit).toBe(5);
    connection.calls.cancel(stream);
    pair.settle();
    expect(pair.server.all("cancelled").at(-1)?.message).toBe(subscription);
  });

  it("shares its key with no new request", () => {
    const pair = twoNodes();
    const { connection } = pair.client;
    // The next one goes to the credit of the stream, and the one after that to the first request.
    const id = billionBefore(pair, 1);
    const stream = connection.calls.openStream(0, LOG_SUBSCRIBE, SUBSCRIBE, { ...PATIENT, id }, 1);
    const keys = [1, 2, 3].map(() => connection.calls.request(0, SYNC_REQUEST, ASK, PATIENT));
    expect(new Set([stream, ...keys]).size).toBe(4);
    expect(connection.inFlightCount).toBe(4);
    pair.settle();
    const [subscription, ...requests] = pair.server.messages.slice(-4);
    for (const request of requests) pair.server.connection.replies.answer(request, TABLES);
    pair.server.connection.replies.item(subscription!, line(1));
    pair.settle();
    expect(pair.client.all("settled").map(({ key }) => key)).toEqual(keys);
    expect(pair.client.all("item")).toHaveLength(1);
  });
});

describe("an id that is given twice", () => {
  const ID = "550e8400-e29b-41d4-a716-446655440000";

  it("is refused while the first waits, so that each call ends once, and taken afterwards", () => {
    const pair = twoNodes();
    const { connection } = pair.client;
    const options = { timeoutMs: 500, id: ID };
    connection.calls.request(0, SYNC_REQUEST, ASK, options);
    expect(() => connection.calls.request(0, SYNC_REQUEST, ASK, options)).toThrow(
      expect.objectContaining({ code: "ALREADY_EXISTS" }),
    );
    pair.advance(501);
    expect(pair.client.all("failed")).toHaveLength(1);
    connection.calls.request(pair.now, SYNC_REQUEST, ASK, options);
    pair.settle();
    pair.server.connection.replies.answer(pair.server.messages.at(-1)!, TABLES);
    pair.settle();
    expect(pair.client.all("settled")).toHaveLength(1);
  });
});
