import { describe, expect, it } from "vitest";
import { GOSSIP_HEARTBEAT } from "../../../generated/messages/gossip/heartbeat.js";
import { INSTANCE_STOPPED } from "../../../generated/messages/instance/stopped.js";
import { MESH_QUERY } from "../../../generated/messages/mesh/query.js";
import { RESOURCE_ALLOCATED } from "../../../generated/messages/resource/allocated.js";
import { RnpError } from "../../../runtime/core/error.js";
import { Pair } from "../../support/pair.js";
import { renamed } from "../../support/renamed.js";

const HEARTBEAT = { sequence: 1, cpu_percent: 45.2, ram_used_mb: 2048, instances: 12 };
const STOPPED = {
  instance_id: "inst-1",
  exit_code: 0,
  reason: "terminated",
  runtime_seconds: 3600,
};
const QUERY = { service_name: "user-service" };
const ANSWER = { service_name: "user-service", instances: [] };

describe("the handshake", () => {
  it("opens both sides and puts in force what both offer", () => {
    const pair = Pair.open({ server: { capabilities: ["bin", "future"] } });
    for (const end of [pair.client, pair.server]) {
      const [opened] = end.all("open");
      expect([...opened!.agreement.capabilities]).toEqual(["bin"]);
      expect(opened!.agreement.version).toBe("1.0");
      expect(end.connection.isOpen).toBe(true);
    }
  });

  it("refuses a hello that names another node than the certificate", () => {
    const pair = new Pair();
    const impostor = new Pair({ client: { id: "node-2" } });
    for (const bytes of impostor.client.takeBytes()) pair.server.connection.handleBytes(0, bytes);
    pair.server.collect();
    expect(pair.server.all("closed")[0]?.error).toMatchObject({ code: "UNAUTHORIZED" });
  });

  it("refuses a cluster that is not the certificate's, and says so to the dialler", () => {
    const pair = Pair.open({ client: { cluster: "test" }, server: {} });
    expect(pair.client.connection.isOpen).toBe(true);
  });

  it("ends with what it does not know, as nothing but a greeting may come first", () => {
    const pair = new Pair();
    const other = Pair.open();
    other.client.connection.send(renamed(GOSSIP_HEARTBEAT, "gossip.novel"), HEARTBEAT);
    other.client.collect();
    for (const bytes of other.client.takeBytes()) pair.server.connection.handleBytes(0, bytes);
    pair.server.collect();
    expect(pair.server.all("closed")[0]?.error).toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  it("is given up when the hello does not come in time", () => {
    const pair = new Pair();
    pair.isCut = true;
    pair.advance(2000);
    expect(pair.server.all("closed")[0]?.error).toMatchObject({ code: "TIMEOUT" });
    expect(pair.client.all("closed")[0]?.error).toMatchObject({ code: "TIMEOUT" });
  });

  it("takes a stream that ends before hello_ack for a refusal, not for a clean end", () => {
    const pair = new Pair();
    pair.client.connection.handleEnd();
    pair.client.collect();
    const { error } = pair.client.all("closed")[0]!;
    expect(error).toMatchObject({ code: "UNAVAILABLE" });
    expect(error?.message).toContain("during the handshake");
  });
});

describe("a request", () => {
  it("is delivered with what is left of its deadline and settles with its answer", () => {
    const pair = Pair.open();
    const key = pair.client.connection.calls.request(0, MESH_QUERY, QUERY, { timeoutMs: 500 });
    pair.settle();
    const [message] = pair.server.messages;
    expect(message).toMatchObject({ data: QUERY, deadlineAt: 500 });
    pair.server.connection.replies.answer(message!, ANSWER);
    pair.settle();
    expect(pair.client.all("settled")).toEqual([
      { kind: "settled", key, token: undefined, data: ANSWER },
    ]);
    expect(pair.client.connection.inFlightCount).toBe(0);
  });

  it("fails with the error that the other side refused it with", () => {
    const pair = Pair.open();
    const key = pair.client.connection.calls.request(0, MESH_QUERY, QUERY, { timeoutMs: 500 });
    pair.settle();
    pair.server.connection.replies.refuse(
      pair.server.messages[0]!,
      new RnpError("NOT_FOUND", "no such service"),
    );
    pair.settle();
    const [failed] = pair.client.all("failed");
    expect(failed).toMatchObject({
      key,
      error: { code: "NOT_FOUND", outcome: "rejected", peer: "controller-1" },
    });
  });

  it("hears of an error even where its details are nothing that may be sent", () => {
    const pair = Pair.open();
    const key = pair.client.connection.calls.request(0, MESH_QUERY, QUERY, { timeoutMs: 500 });
    pair.settle();
    const details = { deep: { nested: "x".repeat(100_000) } } as never;
    const error = new RnpError("NOT_FOUND", "y".repeat(5000), { details });
    pair.server.connection.replies.refuse(pair.server.messages[0]!, error);
    pair.settle();
    expect(pair.client.all("failed")[0]).toMatchObject({ key, error: { code: "NOT_FOUND" } });
    expect(pair.client.all("failed")[0]?.error.details).toBeUndefined();
    expect(pair.server.connection.isOpen).toBe(true);
  });

  it("fails with TIMEOUT and outcome unknown when no answer comes", () => {
    const pair = Pair.open();
    pair.client.connection.calls.request(0, MESH_QUERY, QUERY, { timeoutMs: 500 });
    pair.advance(501);
    expect(pair.client.all("failed")[0]?.error).toMatchObject({
      code: "TIMEOUT",
      outcome: "unknown",
    });
  });

  it("that was forgotten drops its late answer", () => {
    const pair = Pair.open();
    const key = pair.client.connection.calls.request(0, MESH_QUERY, QUERY, { timeoutMs: 500 });
    pair.settle();
    pair.client.connection.calls.cancel(key);
    pair.server.connection.replies.answer(pair.server.messages[0]!, ANSWER);
    pair.settle();
    expect(pair.client.all("settled")).toEqual([]);
    expect(pair.client.all("closed")).toEqual([]);
  });

  it("that was cancelled costs credit until its handler is done, which is then told to nobody", () => {
    const pair = Pair.open();
    const key = pair.client.connection.calls.request(0, MESH_QUERY, QUERY, { timeoutMs: 500 });
    pair.settle();
    pair.client.connection.calls.cancel(key);
    pair.settle();
    const { connection, messages } = pair.server;
    expect(pair.server.all("cancelled")).toEqual([{ kind: "cancelled", message: messages[0] }]);
    expect(connection.unsettledSize).toBe(messages[0]!.size);
    connection.replies.answer(messages[0]!, ANSWER);
    expect(connection.unsettledSize).toBe(0);
    pair.server.collect();
    expect(pair.server.takeBytes()).toEqual([]);
  });

  it("whose data breaks its schema throws at once and leaves nothing to send", () => {
    const pair = Pair.open();
    const wrong = { service_name: 7 } as unknown as typeof QUERY;
    expect(() =>
      pair.client.connection.calls.request(0, MESH_QUERY, wrong, { timeoutMs: 500 }),
    ).toThrow(/mesh\.query.*service_name/);
    pair.client.collect();
    expect(pair.client.takeBytes()).toEqual([]);
  });

  it("in flight fails with outcome unknown when the connection is lost", () => {
    const pair = Pair.open();
    pair.client.connection.calls.request(0, MESH_QUERY, QUERY, { timeoutMs: 500 });
    pair.client.connection.handleEnd();
    pair.client.collect();
    expect(pair.client.all("failed")[0]?.error).toMatchObject({
      code: "UNAVAILABLE",
      outcome: "unknown",
    });
    expect(pair.client.all("closed")).toHaveLength(1);
  });
});

describe("an acknowledged message", () => {
  it("is acknowledged only when its handler has settled", () => {
    const pair = Pair.open();
    const key = pair.client.connection.calls.sendForAck(0, INSTANCE_STOPPED, STOPPED, {
      timeoutMs: 1000,
    });
    pair.settle();
    expect(pair.client.all("settled")).toEqual([]);
    pair.server.connection.replies.settle(pair.server.messages[0]!);
    pair.settle();
    expect(pair.client.all("settled")).toEqual([
      { kind: "settled", key, token: undefined, data: undefined },
    ]);
  });
});

describe("what breaks a rule", () => {
  it("costs only the message where its data breaks the schema of its type", () => {
    const pair = Pair.open();
    const lax = { ...MESH_QUERY, invalid: () => undefined, encode: MESH_QUERY.encode };
    pair.client.connection.calls.request(0, lax, { service_name: "" }, { timeoutMs: 500 });
    pair.settle();
    expect(pair.client.all("failed")[0]?.error).toMatchObject({ code: "PROTOCOL_ERROR" });
    expect(pair.server.all("refused")).toHaveLength(1);
    expect(pair.server.connection.isOpen).toBe(true);
  });

  it("is refused with UNAUTHORIZED where the sender's role may not send the type", () => {
    const pair = Pair.open();
    const allocated = {
      instance_id: "inst-1",
      node: "node-2",
      cpu_cores: 2,
      ram_mb: 4096,
      disk_mb: 10_240,
      expires_at: 1_705_078_800_000,
    };
    pair.client.connection.calls.sendForAck(0, RESOURCE_ALLOCATED, allocated, { timeoutMs: 500 });
    pair.settle();
    const { error } = pair.client.all("failed")[0]!;
    expect(error).toMatchObject({ code: "UNAUTHORIZED" });
    expect(error.message).toContain("resource.allocated goes from controller");
  });

  it("closes the connection where bytes are no frame, and tells the peer why", () => {
    const pair = Pair.open();
    pair.server.connection.handleBytes(0, new TextEncoder().encode("GET / HTTP/1.1\r\n"));
    pair.settle();
    expect(pair.server.all("closed")[0]?.error).toMatchObject({ code: "PROTOCOL_ERROR" });
    expect(pair.client.all("closed")[0]?.error).toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  it("closes the connection where the sender is not the certificate's node", () => {
    const pair = Pair.open();
    const other = Pair.open({ client: { id: "node-2" }, server: {} });
    other.client.connection.send(GOSSIP_HEARTBEAT, HEARTBEAT);
    other.client.collect();
    for (const bytes of other.client.takeBytes()) pair.server.connection.handleBytes(0, bytes);
    pair.settle();
    expect(pair.server.all("closed")[0]?.error).toMatchObject({ code: "UNAUTHORIZED" });
  });

  it("of an unknown type is answered where an answer is awaited, and dropped where none is", () => {
    const pair = Pair.open();
    const novel = renamed(MESH_QUERY, "mesh.novel");
    pair.client.connection.calls.request(0, novel, QUERY, { timeoutMs: 500 });
    pair.client.connection.send(renamed(GOSSIP_HEARTBEAT, "gossip.novel"), HEARTBEAT);
    pair.settle();
    expect(pair.client.all("failed")[0]?.error).toMatchObject({ code: "PROTOCOL_ERROR" });
    expect(pair.server.meter.unknownTypeCount).toBe(2);
    expect(pair.server.connection.isOpen).toBe(true);
  });
});

describe("keepalive", () => {
  it("pings a silent peer and stays open while it answers", () => {
    const pair = Pair.open();
    pair.advance(10 * 60_000);
    expect(pair.client.connection.isOpen).toBe(true);
    expect(pair.server.meter.of("ping").received).toBeGreaterThan(5);
  });

  it("gives up a peer that vanished, once, after interval and patience", () => {
    const pair = Pair.open();
    pair.isCut = true;
    pair.advance(69_000);
    expect(pair.client.all("closed")).toEqual([]);
    pair.advance(2000);
    expect(pair.client.all("closed")).toHaveLength(1);
    expect(pair.client.all("closed")[0]?.error).toMatchObject({ code: "UNAVAILABLE" });
  });
});

describe("goodbye", () => {
  it("closes both sides without an error", () => {
    const pair = Pair.open();
    pair.client.connection.close(0, "shutdown", 1000);
    pair.settle();
    expect(pair.client.all("closed")).toEqual([{ kind: "closed", error: undefined }]);
    expect(pair.server.all("closed")).toEqual([{ kind: "closed", error: undefined }]);
  });

  it("waits for the answer to what is in flight, both ways", () => {
    const pair = Pair.open();
    const key = pair.client.connection.calls.request(0, MESH_QUERY, QUERY, { timeoutMs: 500 });
    pair.settle();
    pair.client.connection.close(0, "shutdown", 1000);
    pair.settle();
    expect(pair.server.all("closed")).toEqual([]);
    pair.server.connection.replies.answer(pair.server.messages[0]!, ANSWER);
    pair.settle();
    expect(pair.client.all("settled")[0]).toMatchObject({ key });
    expect(pair.client.all("closed")).toEqual([{ kind: "closed", error: undefined }]);
  });

  it("refuses new messages with an outcome that lets them be sent elsewhere", () => {
    const pair = Pair.open();
    pair.client.connection.close(0, "shutdown", 1000);
    expect(() => pair.client.connection.send(GOSSIP_HEARTBEAT, HEARTBEAT)).toThrow(
      expect.objectContaining({ code: "UNAVAILABLE", outcome: "not-delivered" }),
    );
  });

  it("ends within the drain time though a handler never settles", () => {
    const pair = Pair.open();
    pair.client.connection.calls.request(0, MESH_QUERY, QUERY, { timeoutMs: 60_000 });
    pair.settle();
    pair.client.connection.close(0, "shutdown", 1000);
    pair.advance(1001);
    expect(pair.client.all("closed")).toHaveLength(1);
    expect(pair.client.all("failed")[0]?.error).toMatchObject({ outcome: "unknown" });
  });

  it("said by both at once still closes both", () => {
    const pair = Pair.open();
    pair.client.connection.close(0, "shutdown", 1000);
    pair.server.connection.close(0, "shutdown", 1000);
    pair.settle();
    expect(pair.client.all("closed")).toEqual([{ kind: "closed", error: undefined }]);
    expect(pair.server.all("closed")).toEqual([{ kind: "closed", error: undefined }]);
  });

  it("is needed: a stream that just ends is a lost connection", () => {
    const pair = Pair.open();
    pair.client.connection.handleEnd();
    pair.client.collect();
    expect(pair.client.all("closed")[0]?.error).toMatchObject({ code: "UNAVAILABLE" });
  });
});
