import { describe, expect, it } from "vitest";
import { LOG_SUBSCRIBE } from "../../../generated/messages/log/subscribe.js";
import { MESH_QUERY } from "../../../generated/messages/mesh/query.js";
import type { InboundMessage } from "../../../runtime/core/inbound.js";
import type { MessageType } from "../../../runtime/wire/message-type.js";
import type { PackWriter } from "../../../runtime/wire/pack-writer.js";
import { type End, Pair } from "../../support/pair.js";

/** A type of the same name whose sender writes an empty map, whatever it is given. */
function emptied(type: MessageType): MessageType {
  const encode = (writer: PackWriter) => {
    writer.mapHeader(0);
    return true;
  };
  return { ...type, encode };
}

/** Has the server of `end`'s first message write faulty ones of the type that comes back for it. */
function spoil({ messages }: End): InboundMessage {
  const [message] = messages;
  const { type } = message!;
  const field = type.stream === undefined ? "answer" : "stream";
  Object.defineProperty(message, "type", { value: { ...type, [field]: emptied(type[field]!) } });
  return message!;
}

describe("what breaks its schema on the way back", () => {
  it("fails the request that it answers, at once", () => {
    const { client, server, pair } = opened();
    const query = { service_name: "users" };
    const key = client.connection.calls.request(0, MESH_QUERY, query, { timeoutMs: 5000 });
    pair.settle();
    server.connection.replies.answer(spoil(server), {});
    pair.settle();
    expect(client.all("failed")).toMatchObject([
      { key, error: { code: "PROTOCOL_ERROR", outcome: "unknown", peer: "controller-1" } },
    ]);
    expect(client.connection.inFlightCount).toBe(0);
  });

  it("fails the stream that it belongs to and cancels the rest", () => {
    const { client, server, pair } = opened();
    const options = { timeoutMs: Number.POSITIVE_INFINITY };
    server.connection.calls.openStream(0, LOG_SUBSCRIBE, { instance_id: "inst-1" }, options, 4);
    pair.settle();
    client.connection.replies.item(spoil(client), {});
    pair.settle();
    expect(server.all("failed")).toMatchObject([{ error: { code: "PROTOCOL_ERROR" } }]);
    expect(server.all("item")).toEqual([]);
    expect(client.all("cancelled")).toMatchObject([{ message: { isOver: true } }]);
  });
});

function opened() {
  const pair = Pair.open();
  return { pair, client: pair.client, server: pair.server };
}
