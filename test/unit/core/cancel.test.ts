import { describe, expect, it } from "vitest";
import { CANCEL } from "../../../generated/messages/cancel.js";
import { FS_REPLICATE } from "../../../generated/messages/fs/replicate.js";
import { SYNC_REQUEST } from "../../../generated/messages/sync/request.js";
import { RnpError } from "../../../runtime/core/error.js";
import type { InboundMessage } from "../../../runtime/core/inbound.js";
import type { MessageKey } from "../../../runtime/core/message-ids.js";
import type { Pair } from "../../support/pair.js";
import { ASK, chunk, settleAll, TABLES, twoNodes, WINDOW } from "../../support/two-nodes.js";

const PATIENT = { timeoutMs: 60_000 };

function asked(pair: Pair, id?: string): { key: MessageKey; request: InboundMessage } {
  const key = pair.client.connection.calls.request(0, SYNC_REQUEST, ASK, { ...PATIENT, id });
  pair.settle();
  return { key, request: pair.server.messages.at(-1)! };
}

describe("a request that is cancelled", () => {
  it("is over for both sides: the handler is told, and whatever it says is sent to nobody", () => {
    const pair = twoNodes();
    const { key, request } = asked(pair);
    expect(pair.client.connection.calls.cancel(key)).toBe(false);
    pair.settle();
    expect(pair.server.all("cancelled")).toEqual([{ kind: "cancelled", message: request }]);
    const { replies } = pair.server.connection;
    replies.answer(request, TABLES);
    replies.refuse(request, new RnpError("NOT_FOUND", "late"));
    pair.settle();
    expect(pair.client.meter.of("sync.response").received).toBe(0);
    expect(pair.client.meter.of("error").received).toBe(0);
    expect([...pair.client.all("settled"), ...pair.client.all("failed")]).toEqual([]);
  });

  it("returns its credit when its handler is done, and not before: a handler may be slow to stop", () => {
    const pair = twoNodes();
    const { key, request } = asked(pair);
    pair.client.connection.calls.cancel(key);
    pair.settle();
    expect(pair.server.connection.unsettledSize).toBe(request.size);
    settleAll(pair.server);
    expect(pair.server.connection.unsettledSize).toBe(0);
    settleAll(pair.server);
    expect(pair.server.connection.unsettledSize).toBe(0);
  });

  it("drops the answer that crossed it, whose credit returns when it is dropped", () => {
    const pair = twoNodes();
    const { key, request } = asked(pair);
    pair.server.connection.replies.answer(request, TABLES);
    pair.client.connection.calls.cancel(key);
    pair.settle();
    expect(pair.client.all("settled")).toEqual([]);
    expect(pair.server.all("cancelled")).toEqual([]);
    settleAll(pair.client);
    expect(pair.client.connection.unsettledSize).toBe(0);
    expect(pair.client.connection.isIdle && pair.server.connection.isIdle).toBe(true);
  });

  it("is found by an id that was given to it, too", () => {
    const pair = twoNodes();
    const { key, request } = asked(pair, "550e8400-e29b-41d4-a716-446655440000");
    pair.client.connection.calls.cancel(key);
    pair.settle();
    expect(pair.server.all("cancelled")[0]?.message).toBe(request);
  });

  it("is given up in silence where the peer knows no cancellation", () => {
    const pair = twoNodes({ server: { capabilities: ["bin", "flow"] } });
    const { key, request } = asked(pair);
    pair.client.connection.calls.cancel(key);
    pair.settle();
    expect(pair.server.meter.of("cancel").received).toBe(0);
    pair.server.connection.replies.answer(request, TABLES);
    pair.settle();
    expect(pair.client.all("settled")).toEqual([]);
    expect(pair.client.all("closed")).toEqual([]);
  });

  it("while the connection drains no longer holds it up", () => {
    const pair = twoNodes();
    const { key } = asked(pair);
    pair.client.connection.close(0, "shutdown", 5000);
    pair.settle();
    expect(pair.client.all("closed")).toEqual([]);
    pair.client.connection.calls.cancel(key);
    pair.settle();
    settleAll(pair.server);
    pair.settle();
    expect(pair.client.all("closed")).toEqual([{ kind: "closed", error: undefined }]);
  });

  it("changes nothing where it is not known, or names what is no request", () => {
    const pair = twoNodes();
    pair.client.connection.calls.sendForAck(0, FS_REPLICATE, chunk(10), PATIENT);
    pair.settle();
    const { id } = pair.server.messages[0]!;
    pair.client.connection.send(CANCEL, { id });
    pair.client.connection.send(CANCEL, { id: "550e8400-e29b-41d4-a716-446655440000" });
    pair.settle();
    expect(pair.server.all("cancelled")).toEqual([]);
    settleAll(pair.server);
    pair.settle();
    expect(pair.client.all("settled")).toHaveLength(1);
  });
});

describe("an acknowledged message that is cancelled", () => {
  it("is forgotten here and still handled there: what has left cannot be taken back", () => {
    const pair = twoNodes();
    const { connection } = pair.client;
    const key = connection.calls.sendForAck(0, FS_REPLICATE, chunk(10), PATIENT);
    pair.settle();
    expect(connection.calls.cancel(key)).toBe(false);
    settleAll(pair.server);
    pair.settle();
    expect(pair.client.all("settled")).toEqual([]);
    expect(pair.server.meter.of("cancel").received).toBe(0);
    expect(connection.creditBytes).toBeLessThan(WINDOW);
  });
});
