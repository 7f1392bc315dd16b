import { describe, expect, it } from "vitest";
import type { LogEntry } from "../../../generated/messages/log/entry.js";
import { LOG_SUBSCRIBE } from "../../../generated/messages/log/subscribe.js";
import { RnpError } from "../../../runtime/core/error.js";
import type { StreamCallOptions } from "../../../runtime/net/carrier.js";
import { failure, type LinkPair, linkPair, until } from "../../support/link-pair.js";
import { line, SUBSCRIBE } from "../../support/two-nodes.js";

const ITEM_CREDIT = 64;

/** A subscription whose request has come to the server. */
async function subscribed(pair: LinkPair, options?: StreamCallOptions) {
  const items = pair.client.link.stream(LOG_SUBSCRIBE, SUBSCRIBE, options);
  const first = items.next();
  await until(() => pair.server.messages.length > 0);
  return { items, first, request: pair.server.messages.at(-1)! };
}

describe("a stream between two links", () => {
  it("stops its writer while its reader does not read, and goes on with it", async () => {
    const pair = await linkPair();
    const { items, first, request } = await subscribed(pair);
    let sent = 0;
    void (async () => {
      while (await pair.server.link.replies.credited(request))
        pair.server.link.replies.item(request, line(++sent));
    })();
    await first;
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    expect(sent).toBeLessThanOrEqual(ITEM_CREDIT + 1);
    for (let sequence = 2; sequence <= 1000; sequence++) {
      const { value } = (await items.next()) as IteratorResult<LogEntry>;
      expect(value.sequence).toBe(sequence);
    }
    expect(sent - 1000).toBeLessThanOrEqual(ITEM_CREDIT);
    await items.return?.();
  });

  it("tells a writer that waits for room when its reader has left", async () => {
    const pair = await linkPair();
    const { items, request } = await subscribed(pair);
    request.itemCredit = 0;
    const credited = pair.server.link.replies.credited(request);
    await items.return?.();
    await expect(credited).resolves.toBe(false);
    expect(pair.server.cancelled).toEqual([request]);
  });

  it.each([
    ["is refused", (pair: LinkPair) => pair.server.link.replies.refuse],
    ["is ended", (pair: LinkPair) => pair.server.link.replies.end],
  ])("tells a writer that waits for room when the stream %s by another", async (_, verb) => {
    const pair = await linkPair();
    const { first, request } = await subscribed(pair);
    request.itemCredit = 0;
    const credited = pair.server.link.replies.credited(request);
    verb(pair).call(pair.server.link.replies, request, new RnpError("TIMEOUT", "too late"));
    await expect(credited).resolves.toBe(false);
    await expect(failure(first)).resolves.toMatchObject({ code: "TIMEOUT" });
  });

  it("tells a writer that waits for room when the connection is lost, and its reader too", async () => {
    const pair = await linkPair();
    const { first, request } = await subscribed(pair);
    request.itemCredit = 0;
    const credited = pair.server.link.replies.credited(request);
    pair.client.wire.destroy();
    pair.server.wire.destroy();
    await expect(credited).resolves.toBe(false);
    await expect(failure(first)).resolves.toMatchObject({
      code: "UNAVAILABLE",
      outcome: "unknown",
    });
  });

  it("ends with CANCELLED on both sides when its signal is aborted, and only for it", async () => {
    const pair = await linkPair();
    const controller = new AbortController();
    const { first, items, request } = await subscribed(pair, { signal: controller.signal });
    const reason = new Error("enough");
    controller.abort(reason);
    await expect(failure(first)).resolves.toMatchObject({ code: "CANCELLED", cause: reason });
    await until(() => pair.server.cancelled.includes(request));
    await expect(items.next()).resolves.toMatchObject({ done: true });
    expect(pair.client.link.inFlightCount).toBe(0);
  });

  it("is never asked for with a signal that is aborted already", async () => {
    const pair = await linkPair();
    const items = pair.client.link.stream(LOG_SUBSCRIBE, SUBSCRIBE, {
      signal: AbortSignal.abort(),
    });
    await expect(failure(items.next())).resolves.toMatchObject({
      code: "CANCELLED",
      outcome: "not-delivered",
    });
    await pair.client.link.close("over", 1000);
    expect(pair.server.messages).toEqual([]);
  });

  it("leaves no listener on a signal that outlives it", async () => {
    const pair = await linkPair();
    const { signal } = new AbortController();
    let listenerCount = 0;
    const { addEventListener, removeEventListener } = EventTarget.prototype;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listenerCount += 1;
      return addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listenerCount -= 1;
      return removeEventListener.apply(signal, args);
    };
    const { first, request } = await subscribed(pair, { signal });
    expect(listenerCount).toBe(1);
    pair.server.link.replies.end(request);
    await first;
    expect(listenerCount).toBe(0);
  });
});
