import { describe, expect, it } from "vitest";
import { FS_REPLICATE } from "../../../generated/messages/fs/replicate.js";
import { GOSSIP_HEARTBEAT } from "../../../generated/messages/gossip/heartbeat.js";
import { MESH_QUERY } from "../../../generated/messages/mesh/query.js";
import type { SecretPolicy } from "../../../runtime/core/message-protection.js";
import { LiveSecret } from "../../../runtime/wire/live-secret.js";
import { type End, Pair, type PairOptions } from "../../support/pair.js";

const [A, B] = ["a".repeat(32), "b".repeat(32)].map((text) => new LiveSecret(text)) as [
  LiveSecret,
  LiveSecret,
];
const HEARTBEAT = { sequence: 1, cpu_percent: 45.2, ram_used_mb: 2048, instances: 12 };
const QUERY = { service_name: "user-service" };
const BASE = ["lz4", "bin", "flow", "streams", "delivery"];
const OFFERS = { capabilities: [...BASE, "hmac", "encrypt"] };

function policy(live: LiveSecret[], more: Partial<SecretPolicy> = {}): SecretPolicy {
  return { live, isRequired: true, seals: false, ...more };
}

/** A pair where both sides offer what their policies are good for. */
function options(client: SecretPolicy | undefined, server: SecretPolicy | undefined): PairOptions {
  const offer = (own: SecretPolicy | undefined) => ({
    capabilities: [
      ...BASE,
      ...(own === undefined ? [] : ["hmac"]),
      ...(own?.seals ? ["encrypt"] : []),
    ],
  });
  return {
    client: offer(client),
    server: offer(server),
    secrets: { ...(client && { client }), ...(server && { server }) },
  };
}

const both = (live: LiveSecret[], more?: Partial<SecretPolicy>) =>
  options(policy(live, more), policy(live, more));

/** The same with two nodes, which send files to each other. */
function bothNodes(more: Partial<SecretPolicy>): PairOptions {
  const given = both([A], more);
  return { ...given, server: { ...given.server, role: "node" } };
}

/** All that the client has to say, one frame each, that has been held back. */
function framesOf(end: End): Uint8Array[] {
  end.collect();
  return end.takeBytes();
}

function errorOf(end: End) {
  end.collect();
  return end.all("closed")[0]?.error;
}

/** Sends heartbeats 1 to `count` and gives each one's bytes. */
function heartbeats(pair: Pair, count: number): Uint8Array[] {
  return Array.from({ length: count }, (_, index) => {
    pair.client.connection.send(GOSSIP_HEARTBEAT, { ...HEARTBEAT, sequence: index + 1 });
    return Buffer.concat(framesOf(pair.client));
  });
}

function hear(pair: Pair, ...frames: Uint8Array[]): number[] {
  for (const frame of frames) pair.server.connection.handleBytes(pair.now, Uint8Array.from(frame));
  pair.server.collect();
  return pair.server.messages.map(({ data }) => (data as typeof HEARTBEAT).sequence);
}

describe.each([
  ["authenticated", { seals: false }],
  ["sealed", { seals: true }],
])("messages that are %s", (_, more) => {
  it("arrive, small and large, compressed or not, either way", () => {
    const pair = Pair.open(bothNodes(more));
    expect(pair.client.connection.secretIds).toEqual([A.id, A.id]);
    for (const size of [1, 5000, 20_000, 300_000]) {
      for (const byte of [undefined, 7]) {
        const chunk_data = Buffer.alloc(size, byte ?? 0);
        if (byte === undefined)
          for (let at = 0; at < size; at += 1) chunk_data[at] = (at * 7919) ^ (at >> 3);
        const data = {
          file_id: `file-${"0".repeat(32)}`,
          chunk_id: 0,
          chunk_data,
          checksum: `sha256:${"0".repeat(64)}`,
        };
        pair.client.connection.send(FS_REPLICATE, data);
        pair.settle();
        const message = pair.server.messages.at(-1)!;
        expect(Buffer.compare((message.data as typeof data).chunk_data, chunk_data)).toBe(0);
        pair.server.connection.replies.settle(message);
        pair.settle();
      }
    }
    pair.server.connection.send(GOSSIP_HEARTBEAT, HEARTBEAT);
    pair.settle();
    expect(pair.client.messages).toHaveLength(1);
  });

  it("are read by the generated decoders", () => {
    const pair = Pair.open(both([A], more));
    const { fastCount, referenceCount } = pair.server.meter;
    hear(pair, ...heartbeats(pair, 10));
    expect(pair.server.meter.fastCount).toBe(fastCount + 10);
    expect(pair.server.meter.referenceCount).toBe(referenceCount);
  });

  it("keep their order when some wait for credit and control messages pass them by", () => {
    const pair = Pair.open(bothNodes(more));
    const data = {
      file_id: `file-${"0".repeat(32)}`,
      chunk_id: 0,
      chunk_data: Buffer.alloc(40_000, 1),
      checksum: `sha256:${"0".repeat(64)}`,
    };
    for (let chunk_id = 0; chunk_id < 6; chunk_id += 1) {
      pair.client.connection.send(FS_REPLICATE, { ...data, chunk_id, chunk_data: noise(40_000) });
    }
    pair.client.connection.send(GOSSIP_HEARTBEAT, HEARTBEAT);
    expect(pair.client.connection.isStalled).toBe(true);
    for (let round = 0; round < 10; round += 1) {
      pair.settle();
      for (const message of pair.server.messages) pair.server.connection.replies.settle(message);
    }
    const types = pair.server.messages.map(({ type }) => type.type);
    expect(types.indexOf("gossip.heartbeat")).toBeLessThan(6);
    expect(types).toHaveLength(7);
    expect(pair.server.all("closed")).toEqual([]);
  });

  it("T-RP-1: are not taken twice, out of order, or with one missing", () => {
    for (const order of [
      [0, 0],
      [1, 0],
      [0, 2],
    ]) {
      const pair = Pair.open(both([A], more));
      const frames = heartbeats(pair, 3);
      const seen = hear(pair, ...order.map((index) => frames[index]!));
      expect(seen.length).toBeLessThan(2);
      expect(errorOf(pair.server)?.code).toMatch(/^(AUTH_FAILED|REPLAY_DETECTED)$/);
    }
  });

  it("T-RP-2: are not taken on another connection", () => {
    const [one, other] = ["1", "2"].map((digit) =>
      Pair.open({ ...both([A], more), nonce: digit.repeat(32) }),
    ) as [Pair, Pair];
    expect(hear(other, ...heartbeats(one, 1))).toEqual([]);
    expect(errorOf(other.server)).toMatchObject({ code: "AUTH_FAILED" });
  });

  it("T-MAC-1: cost the connection, undecoded, where one bit is wrong", () => {
    const size = heartbeats(Pair.open(both([A], more)), 1)[0]!.length;
    for (let at = 12; at < size; at += 1) {
      const pair = Pair.open(both([A], more));
      const [frame] = heartbeats(pair, 1);
      const { fastCount, referenceCount } = pair.server.meter;
      frame![at]! ^= 0x10;
      expect(hear(pair, frame!)).toEqual([]);
      expect(errorOf(pair.server), `${at}`).toMatchObject({
        code: expect.stringMatching(/^(AUTH_FAILED|PROTOCOL_ERROR)$/),
      });
      expect(pair.server.meter).toMatchObject({ fastCount, referenceCount });
    }
  });
});

function noise(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let at = 0, state = 1; at < size; at += 1) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    bytes[at] = state >>> 16;
  }
  return bytes;
}

describe("who demands authentication", () => {
  const refused = [
    ["a server of a client without", options(undefined, policy([A])), "server"],
    ["a client of a server without", options(policy([A]), undefined), "client"],
    ["a server of a client with another secret", options(policy([B]), policy([A])), "server"],
    ["a server that demands sealing", options(policy([A]), policy([A], { seals: true })), "server"],
    ["a client that demands sealing", options(policy([A], { seals: true }), policy([A])), "client"],
  ] as const;

  it.each(refused)("refuses with AUTH_FAILED: %s", (_, pairOptions, side) => {
    const pair = Pair.open(pairOptions);
    expect(errorOf(pair[side])).toMatchObject({ code: "AUTH_FAILED" });
    for (const end of [pair.client, pair.server]) expect(end.connection.isOpen).toBe(false);
  });

  it("refuses a peer that offers it and has no secret", () => {
    const pair = Pair.open({ client: OFFERS, server: OFFERS, secrets: { server: policy([A]) } });
    expect(errorOf(pair.server)).toMatchObject({ code: "AUTH_FAILED" });
  });
});

describe("who only offers authentication", () => {
  const lenient = (live: LiveSecret[], more = {}) => policy(live, { isRequired: false, ...more });

  it.each([
    ["no secret of the server", options(lenient([A]), undefined), []],
    ["no secret of the client", options(undefined, lenient([A])), []],
    ["a secret on both sides", options(lenient([A]), lenient([A])), [A.id, A.id]],
    ["one side that demands it", options(policy([A]), lenient([A])), [A.id, A.id]],
  ])("gets by with %s", (_, pairOptions, ids) => {
    const pair = Pair.open(pairOptions);
    pair.client.connection.send(GOSSIP_HEARTBEAT, HEARTBEAT);
    pair.settle();
    expect(pair.server.messages).toHaveLength(1);
    expect(pair.server.connection.secretIds).toEqual(ids);
  });

  it("refuses another secret all the same", () => {
    const pair = Pair.open(options(lenient([B]), lenient([A])));
    expect(errorOf(pair.server)).toMatchObject({ code: "AUTH_FAILED" });
  });
});

describe("several secrets", () => {
  it.each([
    ["[A] and [A, B]", [A], [A, B], [A.id, A.id]],
    ["[A, B] and [B, A]", [A, B], [B, A], [A.id, B.id]],
    ["[B, A] and [B]", [B, A], [B], [B.id, B.id]],
  ])("are live at once: %s", (_, client, server, ids) => {
    const pair = Pair.open(options(policy(client), policy(server)));
    pair.client.connection.calls.request(0, MESH_QUERY, QUERY, { timeoutMs: 1000 });
    pair.settle();
    pair.server.connection.replies.answer(pair.server.messages[0]!, { ...QUERY, instances: [] });
    pair.settle();
    expect(pair.client.all("settled")).toHaveLength(1);
    expect(pair.client.connection.secretIds).toEqual(ids);
    expect(pair.server.connection.secretIds).toEqual(ids.toReversed());
  });
});

describe("T-RP-5: the age of messages", () => {
  it("is on the clock of their sender, whatever that shows, and five minutes at most", () => {
    const pair = Pair.open(both([A]));
    const [early, late] = heartbeats(pair, 2);
    pair.now += 300_000;
    expect(hear(pair, early!)).toEqual([1]);
    pair.now += 1;
    expect(hear(pair, late!)).toEqual([1]);
    expect(errorOf(pair.server)).toMatchObject({
      code: "REPLAY_DETECTED",
      details: { age_ms: 300_001 },
    });
  });

  it("is nobody's concern where messages are not authenticated", () => {
    const pair = Pair.open();
    const [frame] = heartbeats(pair, 1);
    pair.now += 3_600_000;
    expect(hear(pair, frame!)).toEqual([1]);
  });
});
