import { once } from "node:events";
import { connect as connectTcp } from "node:net";
import { encode } from "@msgpack/msgpack";
import { describe, expect, it } from "vitest";
import { parseAddress } from "../../../runtime/net/address.js";
import { FLAWS, type Flaw, testCertificate } from "../../support/certificates.js";
import { startNode } from "../../support/cluster.js";
import { frameOf, messageOf, RawPeer } from "../../support/raw-peer.js";

/** Starts a controller, lets `offend` do its worst, and proves that a good peer never noticed. */
async function unharmed(offend: (address: string) => Promise<void>): Promise<void> {
  const controller = await startNode("controller-1");
  const good = await startNode("node-2", { join: [controller.address!] });
  const peer = await good.controller();
  await peer.ping({ timestamp: 1 });
  await offend(controller.address!);
  await expect(peer.ping({ timestamp: 2 })).resolves.toMatchObject({ request_timestamp: 2 });
}

/** Says something after a good greeting and gives the error that comes back. */
async function errorFor(address: string, say: (peer: RawPeer) => void) {
  const peer = await RawPeer.greet(address, await testCertificate());
  say(peer);
  const { data, reply_to } = await peer.hear("error");
  return { peer, replyTo: reply_to, error: data as { code: string; message: string } };
}

const QUERY = messageOf("mesh.query", "node-1", { service_name: "user-service" });

describe("bytes that break the frame or the payload", () => {
  it.each([
    ["a wrong magic", frameOf(encode(QUERY), { magic: Buffer.from("HTTP") }), "PROTOCOL_ERROR"],
    ["another major version", frameOf(encode(QUERY), { major: 2 }), "VERSION_MISMATCH"],
    ["a reserved flag", frameOf(encode(QUERY), { flags: 0x8000 }), "PROTOCOL_ERROR"],
    ["a length of 0", frameOf(Buffer.alloc(0)), "PROTOCOL_ERROR"],
    ["a length over 16 MiB", frameOf(encode(QUERY), { length: 16_777_217 }), "PROTOCOL_ERROR"],
    ["what is no MessagePack", frameOf(Buffer.from("c1c1c1", "hex")), "PROTOCOL_ERROR"],
    ["a compressed frame, unagreed", frameOf(encode(QUERY), { flags: 1 }), "PROTOCOL_ERROR"],
    ["an encrypted frame, unagreed", frameOf(encode(QUERY), { flags: 2 }), "UNSUPPORTED"],
    ["an envelope without a sender", frameOf(encode({ type: "ping" })), "PROTOCOL_ERROR"],
    ["the is-ack flag on another type", frameOf(encode(QUERY), { flags: 8 }), "PROTOCOL_ERROR"],
  ])("%s: a named error, then the connection closes", (_, bytes, code) =>
    unharmed(async (address) => {
      const { peer, error } = await errorFor(address, ({ socket }) => socket.write(bytes));
      expect(error.code).toBe(code);
      await peer.closed();
    }),
  );
});

describe("messages that break a rule", () => {
  it("with a sender that is not the certificate's: UNAUTHORIZED, and the connection closes", () =>
    unharmed(async (address) => {
      const { peer, error } = await errorFor(address, (raw) =>
        raw.say({ ...QUERY, sender: "node-2" }),
      );
      expect(error.code).toBe("UNAUTHORIZED");
      await peer.closed();
    }));

  it("with data that breaks its schema: the error names the place, and the connection goes on", () =>
    unharmed(async (address) => {
      const { peer, error, replyTo } = await errorFor(address, (raw) =>
        raw.say({ ...QUERY, data: { service_name: 7 } }),
      );
      expect(error).toMatchObject({
        code: "PROTOCOL_ERROR",
        details: { pointer: "/service_name" },
      });
      expect(replyTo).toBe(QUERY.id);
      peer.say(messageOf("ping", "node-1", { timestamp: 3 }));
      await expect(peer.hear("pong")).resolves.toMatchObject({ data: { request_timestamp: 3 } });
    }));

  it("of a type that the sender's role may not send: UNAUTHORIZED names the rule", () =>
    unharmed(async (address) => {
      const allocated = {
        instance_id: "inst-1",
        node: "node-1",
        cpu_cores: 1,
        ram_mb: 1,
        disk_mb: 1,
        expires_at: 1_705_078_800_000,
      };
      const { error } = await errorFor(address, (raw) =>
        raw.say(messageOf("resource.allocated", "node-1", allocated)),
      );
      expect(error.code).toBe("UNAUTHORIZED");
      expect(error.message).toContain("resource.allocated");
    }));

  it("of an unknown type, where an answer is awaited: PROTOCOL_ERROR", () =>
    unharmed(async (address) => {
      const { error } = await errorFor(address, (raw) =>
        raw.say(messageOf("mesh.novel", "node-1", {}, { deadline_ms: 500 })),
      );
      expect(error.code).toBe("PROTOCOL_ERROR");
    }));

  it("before the hello: PROTOCOL_ERROR, and the connection closes", () =>
    unharmed(async (address) => {
      const peer = await RawPeer.connect(address, await testCertificate());
      peer.say(QUERY);
      expect((await peer.hear("error")).data).toMatchObject({ code: "PROTOCOL_ERROR" });
      await peer.closed();
    }));

  it("with a hello of another node: UNAUTHORIZED, and the connection closes", () =>
    unharmed(async (address) => {
      const peer = await RawPeer.connect(address, await testCertificate());
      peer.say(messageOf("hello", "node-1", { version: "1.0", node_id: "node-3" }));
      expect((await peer.hear("error")).data).toMatchObject({ code: "UNAUTHORIZED" });
      await peer.closed();
    }));

  it("with a hello of another major version: VERSION_MISMATCH with what is supported", () =>
    unharmed(async (address) => {
      const peer = await RawPeer.connect(address, await testCertificate());
      peer.say(messageOf("hello", "node-1", { version: "2.0", node_id: "node-1" }));
      expect((await peer.hear("error")).data).toMatchObject({
        code: "VERSION_MISMATCH",
        details: { supported: ["1.0"], got: "2.0" },
      });
      await peer.closed();
    }));
});

describe("a peer that knows only the specification", () => {
  it("is greeted, answered by natural key and acknowledged by id", async () => {
    const controller = await startNode("controller-1");
    controller.handle("instance.stopped", () => {});
    const peer = await RawPeer.greet(controller.address!, await testCertificate());
    peer.say(messageOf("ping", "node-1", { timestamp: 7 }));
    await expect(peer.hear("pong")).resolves.toMatchObject({ data: { request_timestamp: 7 } });
    const stopped = { instance_id: "i", exit_code: 0, reason: "exited", runtime_seconds: 1 };
    peer.say(messageOf("instance.stopped", "node-1", stopped), 4);
    await expect(peer.hear("ack")).resolves.toMatchObject({ data: { ids: [QUERY.id] } });
    peer.say(messageOf("goodbye", "node-1", {}));
    await peer.hear("goodbye_ack");
    await peer.closed();
  });
});

describe("a certificate that is not good enough", () => {
  // One that may only act as a client is good enough for a client.
  const flaws = (Object.keys(FLAWS) as Flaw[]).filter((flaw) => flaw !== "client-only");

  it.each(flaws)("%s: nothing is let in", (flaw) =>
    unharmed(async (address) => {
      const [{ ca }, bad] = [await testCertificate(), await testCertificate({ flaw })];
      const hello = messageOf("hello", "node-1", { version: "1.0", node_id: "node-1" });
      const peer = await RawPeer.connect(address, { ...bad, ca });
      peer.say(hello);
      await peer.closed();
      expect(peer.received.map(({ type }) => type)).not.toContain("hello_ack");
    }),
  );

  it("none at all: nothing is let in", () =>
    unharmed(async (address) => {
      const { ca } = await testCertificate();
      // The refusal may come before or after the client believes the handshake done.
      const peer = await RawPeer.connect(address, { ca }).catch(() => undefined);
      await peer?.closed();
      expect(peer?.received ?? []).toEqual([]);
    }));

  it("of another cluster: nothing is let in", () =>
    unharmed(async (address) => {
      const { ca } = await testCertificate();
      const other = await testCertificate({ cluster: "other" });
      const peer = await RawPeer.connect(address, { ...other, ca });
      await peer.closed();
    }));

  it("without ALPN: nothing is let in", () =>
    unharmed(async (address) => {
      const identity = await testCertificate();
      const peer = await RawPeer.connect(address, identity, { ALPNProtocols: [] });
      await peer.closed();
    }));
});

describe("a peer that says nothing", () => {
  it("over TCP or after TLS is gone within the handshake's bounds", () =>
    unharmed(async (address) => {
      const silent = connectTcp(parseAddress(address));
      const mute = await RawPeer.connect(address, await testCertificate());
      await Promise.all([once(silent, "close"), mute.closed()]);
    }));
});
