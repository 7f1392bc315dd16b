import { describe, expect, it } from "vitest";
import { FS_REPLICATE } from "../../../generated/messages/fs/replicate.js";
import { GOSSIP_HEARTBEAT } from "../../../generated/messages/gossip/heartbeat.js";
import { LOG_SUBSCRIBE } from "../../../generated/messages/log/subscribe.js";
import { MESH_QUERY } from "../../../generated/messages/mesh/query.js";
import { SYNC_REQUEST } from "../../../generated/messages/sync/request.js";
import { WINDOW_UPDATE } from "../../../generated/messages/window/update.js";
import { RnpError } from "../../../runtime/core/error.js";
import type { InboundMessage } from "../../../runtime/core/inbound.js";
import type { End, Pair } from "../../support/pair.js";
import { renamed } from "../../support/renamed.js";
import {
  ASK,
  chunk,
  chunkIds,
  exhaust,
  line,
  SUBSCRIBE,
  settleAll,
  TABLES,
  twoNodes,
  WINDOW,
} from "../../support/two-nodes.js";

const HEARTBEAT = { sequence: 1, cpu_percent: 45.2, ram_used_mb: 2048, instances: 12 };
const TIMEOUT = { timeoutMs: 60_000 };
const TLS_RECORD_SIZE = 16_384;
const WITHOUT_FLOW = { capabilities: ["bin", "streams"] };

/** Gives the server what `other`, a client of the same name with rules of its own, wants to send. */
function smuggle(pair: Pair, other: Pair): void {
  other.client.collect();
  for (const bytes of other.client.takeBytes()) pair.server.connection.handleBytes(0, bytes);
  pair.settle();
}

/** Carries bytes one way, record by record, with an application that acts on each message as it comes. */
function carry(from: End, to: End, act: (message: InboundMessage) => void = () => {}): void {
  from.collect();
  const bytes = Buffer.concat(from.takeBytes());
  for (let at = 0; at < bytes.length; at += TLS_RECORD_SIZE) {
    to.connection.handleBytes(0, bytes.subarray(at, at + TLS_RECORD_SIZE));
    to.collect();
    for (const event of to.events.splice(0)) if (event.kind === "message") act(event);
  }
}

/** What the client may send, what the server's application has, and what comes back only with more. */
function sum({ client, server }: Pair): number {
  return client.connection.creditBytes + server.connection.unsettledSize;
}

describe("messages that cost credit", () => {
  it("leave while there is any, wait in order below that, and go on with a grant", () => {
    const pair = twoNodes();
    const { client, server } = pair;
    const sent = exhaust(client);
    expect(client.connection.isStalled).toBe(false);
    for (let id = sent; id < sent + 5; id++) client.connection.send(FS_REPLICATE, chunk(10, id));
    expect(client.connection.isStalled).toBe(true);
    pair.settle();
    expect(chunkIds(server)).toHaveLength(sent);
    settleAll(server);
    pair.settle();
    expect(chunkIds(server)).toEqual(Array.from({ length: sent + 5 }, (_, id) => id));
    expect(client.connection.isStalled).toBe(false);
    expect(client.connection.queuedSize).toBe(0);
  });

  it("let control messages pass by", () => {
    const pair = twoNodes();
    exhaust(pair.client);
    pair.client.connection.send(FS_REPLICATE, chunk(10, 99));
    pair.client.connection.send(GOSSIP_HEARTBEAT, HEARTBEAT);
    pair.settle();
    expect(pair.server.messages.at(-1)?.type).toBe(GOSSIP_HEARTBEAT);
    expect(chunkIds(pair.server)).not.toContain(99);
  });

  it("are not overtaken by the goodbye, which waits for them", () => {
    const pair = twoNodes();
    const { client, server } = pair;
    exhaust(client);
    client.connection.send(FS_REPLICATE, chunk(10, 99));
    client.connection.close(0, "shutdown", 1000);
    pair.settle();
    expect(server.all("leaving")).toEqual([]);
    settleAll(server);
    pair.settle();
    expect(chunkIds(server).at(-1)).toBe(99);
    expect(server.all("leaving")).toHaveLength(1);
    settleAll(server);
    pair.settle();
    expect(client.all("closed")).toEqual([{ kind: "closed", error: undefined }]);
    expect(server.all("closed")).toEqual([{ kind: "closed", error: undefined }]);
  });

  it("that wait are still sent to a peer that says goodbye", () => {
    const pair = twoNodes();
    const { client, server } = pair;
    exhaust(client);
    client.connection.send(FS_REPLICATE, chunk(10, 99));
    server.connection.close(0, "shutdown", 1000);
    pair.settle();
    expect(client.all("closed")).toEqual([]);
    settleAll(server);
    pair.settle();
    expect(chunkIds(server).at(-1)).toBe(99);
    expect(client.all("closed")).toEqual([{ kind: "closed", error: undefined }]);
  });

  it("are not overtaken by the end of the stream that they belong to", () => {
    const pair = twoNodes();
    const { client, server } = pair;
    client.connection.calls.openStream(0, LOG_SUBSCRIBE, SUBSCRIBE, TIMEOUT, 8);
    pair.settle();
    const [request] = server.messages;
    exhaust(server);
    server.connection.replies.item(request!, line(1));
    server.connection.replies.end(request!, undefined);
    pair.settle();
    expect(client.all("settled")).toEqual([]);
    settleAll(client);
    pair.settle();
    expect(client.all("item")).toHaveLength(1);
    expect(client.all("settled")).toHaveLength(1);
  });
});

describe("credit", () => {
  it("returns when the handler has settled, not when the message was read", () => {
    const pair = twoNodes();
    exhaust(pair.client);
    pair.settle();
    expect(pair.client.connection.creditBytes).toBeLessThanOrEqual(0);
    expect(sum(pair)).toBe(WINDOW);
    pair.server.connection.replies.settle(pair.server.messages[0]!);
    pair.settle();
    expect(pair.client.connection.creditBytes).toBeGreaterThan(0);
    expect(sum(pair)).toBe(WINDOW);
  });

  it("returns once for a message, however often it is settled, answered or refused", () => {
    const pair = twoNodes();
    const { connection } = pair.server;
    pair.client.connection.calls.request(0, SYNC_REQUEST, ASK, TIMEOUT);
    pair.settle();
    const [message] = pair.server.messages;
    connection.replies.answer(message!, TABLES);
    connection.replies.answer(message!, TABLES);
    connection.replies.settle(message!);
    connection.replies.refuse(message!, new RnpError("NOT_FOUND", "late"));
    expect(connection.unsettledSize).toBe(0);
    pair.settle();
    expect(pair.client.all("settled")).toHaveLength(1);
    expect(pair.client.all("failed")).toEqual([]);
    expect(pair.client.all("refused")).toEqual([]);
  });

  it("returns for an answer and for an item when they are delivered", () => {
    const pair = twoNodes();
    const { client, server } = pair;
    client.connection.calls.request(0, SYNC_REQUEST, ASK, TIMEOUT);
    client.connection.calls.openStream(0, LOG_SUBSCRIBE, SUBSCRIBE, TIMEOUT, 8);
    pair.settle();
    const [request, subscription] = server.messages;
    server.connection.replies.answer(request!, TABLES);
    server.connection.replies.item(subscription!, line(1));
    expect(server.connection.creditBytes).toBeLessThan(WINDOW);
    pair.settle();
    expect(client.connection.unsettledSize).toBe(0);
  });

  it("returns for a message that is refused before any handler sees it", () => {
    const pair = twoNodes();
    // Queries go to controllers only.
    pair.client.connection.calls.request(0, MESH_QUERY, { service_name: "a" }, TIMEOUT);
    pair.settle();
    expect(pair.client.all("failed")[0]?.error.code).toBe("UNAUTHORIZED");
    expect(pair.server.connection.unsettledSize).toBe(0);
    expect(pair.client.connection.creditBytes).toBeLessThan(WINDOW);
  });

  it("returns for a message of a type that the receiver does not know", () => {
    const pair = twoNodes();
    const unknown = renamed(FS_REPLICATE, "fs.novelty");
    for (let count = 0; count < 20; count++) pair.client.connection.send(unknown, chunk(10_000));
    pair.settle();
    expect(pair.server.meter.unknownTypeCount).toBe(20);
    expect(pair.client.connection.isStalled).toBe(false);
    expect(pair.client.connection.creditBytes).toBeGreaterThan(0);
  });

  it.each([100_000, 10_000])(
    "grows where a peer with messages of %i bytes waits for it and handlers keep up",
    (size) => {
      const pair = twoNodes();
      const { client, server } = pair;
      const data = chunk(size);
      for (let count = 0; count < 30_000_000 / size; count++)
        client.connection.send(FS_REPLICATE, data);
      for (let turn = 0; client.connection.isStalled; turn++) {
        carry(client, server, (message) => server.connection.replies.settle(message));
        carry(server, client);
        expect(turn).toBeLessThan(500);
      }
      expect(server.connection.windowBytes).toBeGreaterThan(16 * WINDOW);
      expect(client.all("closed")).toEqual([]);
    },
  );

  it("does not grow where handlers do not keep up, however much is waiting", () => {
    const pair = twoNodes();
    const { client, server } = pair;
    for (let count = 0; count < 50; count++) client.connection.send(FS_REPLICATE, chunk(10_000));
    const waiting: InboundMessage[] = [];
    for (let turn = 0; turn < 100; turn++) {
      carry(client, server, (message) => waiting.push(message));
      carry(server, client);
      // One at a time is done, so that most of the window is always with handlers.
      for (const message of waiting.splice(0, 1)) server.connection.replies.settle(message);
      server.collect();
    }
    expect(client.connection.isStalled).toBe(false);
    expect(server.connection.windowBytes).toBe(WINDOW);
  });

  it("does not grow for a peer that has little to send", () => {
    const pair = twoNodes();
    for (let round = 0; round < 100; round++) {
      pair.client.connection.send(FS_REPLICATE, chunk(10_000));
      pair.settle();
      settleAll(pair.server);
      pair.settle();
    }
    expect(pair.server.connection.windowBytes).toBe(WINDOW);
  });
});

describe("a peer without flow control", () => {
  it("is sent to, and sends, without any bound of ours", () => {
    const pair = twoNodes({ client: WITHOUT_FLOW });
    expect(pair.client.connection.creditBytes).toBe(Number.POSITIVE_INFINITY);
    expect(pair.server.connection.creditBytes).toBe(Number.POSITIVE_INFINITY);
    for (let id = 0; id < 20; id++) pair.client.connection.send(FS_REPLICATE, chunk(10_000, id));
    pair.settle();
    expect(chunkIds(pair.server)).toHaveLength(20);
    settleAll(pair.server);
    pair.settle();
    expect(pair.client.meter.of("window.update").received).toBe(0);
  });

  it("may not grant credit either: FLOW_CONTROL_ERROR, and the connection closes", () => {
    const pair = twoNodes({ client: WITHOUT_FLOW });
    pair.client.connection.send(WINDOW_UPDATE, { bytes: 1 });
    pair.settle();
    expect(pair.server.all("closed")[0]?.error?.code).toBe("FLOW_CONTROL_ERROR");
    expect(pair.client.all("closed")[0]?.error?.code).toBe("FLOW_CONTROL_ERROR");
  });
});

describe("a peer that breaks the rules of credit", () => {
  it("by sending without any hears which message it was, and the connection closes", () => {
    const pair = twoNodes();
    const other = twoNodes({ client: WITHOUT_FLOW });
    for (let id = 0; id < 8; id++) other.client.connection.send(FS_REPLICATE, chunk(10_000, id));
    smuggle(pair, other);
    const { error } = pair.client.all("closed")[0]!;
    expect(error).toMatchObject({ code: "FLOW_CONTROL_ERROR" });
    expect(error?.details).toMatchObject({ message_type: "fs.replicate" });
    // It is at fault with the first that began without credit, not with the one that used it up.
    expect(chunkIds(pair.server)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it("by granting more than the largest window is at fault as well", () => {
    const pair = twoNodes();
    pair.client.connection.send(WINDOW_UPDATE, { bytes: 16_777_216 - WINDOW });
    pair.settle();
    expect(pair.server.connection.creditBytes).toBe(16_777_216);
    pair.client.connection.send(WINDOW_UPDATE, { bytes: 1 });
    pair.settle();
    expect(pair.client.all("closed")[0]?.error).toMatchObject({
      code: "FLOW_CONTROL_ERROR",
      details: { message_type: "window.update" },
    });
  });
});
