import { describe, expect, it } from "vitest";
import { SYNC_REQUEST } from "../../../generated/messages/sync/request.js";
import type { InboundMessage } from "../../../runtime/core/inbound.js";
import { ASK, exhaust, settleAll, TABLES, twoNodes } from "../../support/two-nodes.js";

const OPTIONS = { timeoutMs: 60_000 };

describe("an answer", () => {
  it("does not wait for credit, and still costs it", () => {
    const pair = twoNodes();
    pair.client.connection.calls.request(0, SYNC_REQUEST, ASK, OPTIONS);
    pair.settle();
    const [asked] = pair.server.messages;
    exhaust(pair.server);
    pair.settle();
    const before = pair.server.connection.creditBytes;
    pair.server.connection.replies.answer(asked!, TABLES);
    expect(pair.server.connection.creditBytes).toBeLessThan(before);
    pair.settle();
    expect(pair.client.all("settled")).toMatchObject([{ data: TABLES }]);
    expect(pair.client.all("closed")).toEqual([]);
    settleAll(pair.client);
    pair.settle();
    expect(pair.server.connection.creditBytes).toBe(pair.client.connection.windowBytes);
  });

  it("that comes too late and without credit is dropped, and harms nobody", () => {
    const pair = twoNodes();
    const key = pair.client.connection.calls.request(0, SYNC_REQUEST, ASK, OPTIONS);
    pair.settle();
    exhaust(pair.server);
    pair.settle();
    const count = pair.client.messages.length;
    pair.client.connection.calls.cancel(key);
    pair.server.connection.replies.answer(pair.server.messages[0]!, TABLES);
    pair.settle();
    expect(pair.client.messages).toHaveLength(count);
    expect(pair.client.all("closed")).toEqual([]);
    settleAll(pair.client);
    pair.settle();
    expect(pair.server.connection.creditBytes).toBe(pair.client.connection.windowBytes);
  });
});

it("nodes whose handlers ask each other do not wait for one another's credit", () => {
  const pair = twoNodes();
  const { client, server } = pair;
  const ask = (token?: InboundMessage) => ({ ...OPTIONS, token });
  for (let count = 0; count < 2000; count++) {
    server.connection.calls.request(0, SYNC_REQUEST, ASK, ask());
  }
  let answeredCount = 0;
  for (let turn = 0; turn < 100 && answeredCount < 2000; turn++) {
    pair.settle();
    for (const event of client.events.splice(0)) {
      if (event.kind === "message")
        client.connection.calls.request(0, SYNC_REQUEST, ASK, ask(event));
      if (event.kind === "settled") {
        client.connection.replies.answer(event.token as InboundMessage, TABLES);
      }
    }
    for (const event of server.events.splice(0)) {
      if (event.kind === "message") server.connection.replies.answer(event, TABLES);
      if (event.kind === "settled") answeredCount += 1;
    }
  }
  expect(answeredCount).toBe(2000);
});
