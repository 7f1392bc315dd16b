import { describe, expect, it } from "vitest";
import type { LogEntry } from "../../runtime/index.js";
import { startNode } from "../support/cluster.js";
import { startPython, withoutPython } from "../support/python-peer.js";

const COUNT = 10_000;
const SUBSCRIBE = { instance_id: "inst-1" };
const line = (sequence: number, text = "a line"): LogEntry => ({
  instance_id: "inst-1",
  sequence,
  timestamp: 1_705_075_200_000,
  output: "stdout",
  text,
});

interface Read {
  readonly count: number;
  readonly most_held: number;
}

describe.skipIf(withoutPython)(`streams and credit ${withoutPython ?? ""}`, () => {
  it("brings a long stream from Python through a small window, in order", {
    timeout: 60_000,
  }, async () => {
    const node = await startNode("node-1");
    const python = await startPython("python-1");
    const items = Array.from({ length: 100 }, (_, index) => line(index + 1));
    await python.do("script", { type: "log.subscribe", items, repeat: COUNT / 100 });
    const peer = await node.peerAt(python.address);
    let count = 0;
    for await (const { sequence } of peer.log.subscribe(SUBSCRIBE)) {
      expect(sequence).toBe((count++ % 100) + 1);
    }
    expect(count).toBe(COUNT);
  });

  it("brings a long stream to Python, which holds no more than it has room for", {
    timeout: 60_000,
  }, async () => {
    const node = await startNode("node-1");
    const python = await startPython("python-1", { windowBytes: 2000 });
    await python.dial(node.address!);
    node.handle("log.subscribe", async function* () {
      for (let sequence = 1; sequence <= COUNT; sequence++) yield line(sequence);
    });
    const call = { to: "node-1", type: "log.subscribe", data: SUBSCRIBE, room: 4 };
    const { count, most_held } = await python.do<Read>("stream", call);
    expect(count).toBe(COUNT);
    expect(most_held).toBeLessThanOrEqual(4);
  });

  it("ends a stream on either side where its consumer has enough", async () => {
    const node = await startNode("node-1");
    const python = await startPython("python-1");
    await python.do("script", { type: "log.subscribe", items: [line(1)], repeat: 1_000_000 });
    const peer = await node.peerAt(python.address);
    for await (const _ of peer.log.subscribe(SUBSCRIBE)) break;
    const produced = await python.do<number>("produced");
    await peer.ping({ timestamp: 1 });
    expect(await python.do<number>("produced")).toBeLessThan(produced + 1000);

    let ended = false;
    node.handle("log.subscribe", async function* () {
      try {
        for (let sequence = 1; ; sequence++) yield line(sequence);
      } finally {
        ended = true;
      }
    });
    const call = { to: "node-1", type: "log.subscribe", data: SUBSCRIBE, take: 3 };
    await python.dial(node.address!);
    expect(await python.do("stream", call)).toMatchObject({ count: 3 });
    await expect.poll(() => ended).toBe(true);
  });

  it("fails a stream with the producer's error, and refuses one that cannot be", async () => {
    const node = await startNode("node-1");
    const python = await startPython("python-1");
    const peer = await node.peerAt(python.address);
    const read = async () => {
      for await (const _ of peer.log.subscribe(SUBSCRIBE));
    };
    await expect(read()).rejects.toMatchObject({ code: "NOT_FOUND" });

    const plain = await startPython("python-2", { capabilities: ["flow"] });
    await plain.dial(node.address!);
    const call = { to: "node-1", type: "log.subscribe", data: SUBSCRIBE };
    await expect(plain.do("stream", call)).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });

  it("compresses what is large in both directions, and only where that was agreed", async () => {
    const text = "compressible ".repeat(600);
    for (const capabilities of [["streams", "lz4"], ["streams"]]) {
      const node = await startNode("node-1");
      const python = await startPython("python-1", { capabilities });
      await python.do("script", { type: "log.subscribe", items: [line(1, text)] });
      await python.dial(node.address!);
      node.handle("log.subscribe", async function* () {
        yield line(2, text);
      });
      const got: LogEntry[] = [];
      for await (const entry of node.peer("python-1").log.subscribe(SUBSCRIBE)) got.push(entry);
      expect(got).toEqual([line(1, text)]);
      const call = { to: "node-1", type: "log.subscribe", data: SUBSCRIBE };
      expect(await python.do("stream", call)).toMatchObject({ items: [line(2, text)] });
      const count = capabilities.includes("lz4") ? 1 : 0;
      const [connection] = await python.do("connections");
      expect(connection).toMatchObject({ sent_compressed: count, received_compressed: count });
      await Promise.all([python.stop(), node.close({ drainMs: 500 })]);
    }
  });

  it("drains: what was asked before a goodbye is answered, whoever says it", async () => {
    const node = await startNode("controller-1");
    const python = await startPython("python-1");
    await python.dial(node.address!);
    let begun = 0;
    node.handle("mesh.query", async ({ service_name }) => {
      begun++;
      await new Promise((resolve) => setTimeout(resolve, 200));
      return { service_name, instances: [] };
    });
    const query = { to: "controller-1", type: "mesh.query", data: { service_name: "slow" } };
    const asked = python.do("request", query);
    await expect.poll(() => begun).toBe(1);
    const closed = node.close({ drainMs: 5000 });
    expect(await asked).toEqual({ service_name: "slow", instances: [] });
    await closed;
    await expect.poll(() => python.do("connections")).toEqual([]);

    const other = await startNode("node-2");
    await python.do("script", { type: "instance.locate", delay_ms: 200 });
    const locating = (await other.peerAt(python.address)).instance.locate(SUBSCRIBE);
    await expect.poll(() => python.do("received")).toHaveLength(1);
    const left = python.stop();
    expect(await locating).toMatchObject(SUBSCRIBE);
    expect(await left).toBe(0);
  });
});
