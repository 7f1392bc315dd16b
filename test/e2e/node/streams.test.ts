import { describe, expect, it } from "vitest";
import {
  type HandlerContext,
  type IncomingCall,
  type Interceptor,
  type LogEntry,
  type LogSubscribe,
  type NodeOptions,
  type OutgoingCall,
  RnpError,
} from "../../../runtime/index.js";
import { startNode } from "../../support/cluster.js";

const SUBSCRIBE = { instance_id: "inst-1" };

type Handle = (data: LogSubscribe, context: HandlerContext) => AsyncIterable<LogEntry>;

function entryOf(sequence: number): LogEntry {
  return { ...SUBSCRIBE, sequence, timestamp: 0, output: "stdout", text: `line ${sequence}` };
}

/** A node whose output `handle` makes, and a reader's client of it. */
async function start(handle: Handle, options: Partial<NodeOptions> = {}) {
  const node = await startNode("node-1", options);
  node.handle("log.subscribe", handle);
  const reader = await startNode("node-2", options);
  return { node, reader, peer: await reader.peerAt(node.address!) };
}

/** Counts without end, and tells how far it got and why it is over. */
function counter() {
  let count = 0;
  let tell: (reason: unknown) => void;
  const left = new Promise((resolve) => {
    tell = resolve;
  });
  async function* handle(_: LogSubscribe, { signal }: HandlerContext) {
    try {
      for (;;) yield entryOf(++count);
    } finally {
      tell(signal.reason);
    }
  }
  return { handle, left, count: () => count };
}

async function read(items: AsyncIterable<LogEntry>, until = Number.POSITIVE_INFINITY) {
  const sequences: number[] = [];
  for await (const { sequence } of items) if (sequences.push(sequence) === until) break;
  return sequences;
}

describe("a stream between two nodes", () => {
  it("gives what the handler yields, in order, and ends with it", async () => {
    const { peer } = await start(async function* ({ last = 0 }) {
      for (let sequence = 1; sequence <= last; sequence++) yield entryOf(sequence);
    });
    const sequences = await read(peer.log.subscribe({ ...SUBSCRIBE, last: 2000 }));
    expect(sequences).toEqual(Array.from({ length: 2000 }, (_, index) => index + 1));
  });

  it("that is left is cancelled: the handler is left too, and told why", async () => {
    const { handle, left } = counter();
    const { peer } = await start(handle);
    expect(await read(peer.log.subscribe(SUBSCRIBE), 3)).toEqual([1, 2, 3]);
    expect(await left).toMatchObject({ code: "CANCELLED" });
  });

  it("does not run ahead of a slow reader", async () => {
    const { handle, count } = counter();
    const { peer } = await start(handle);
    const items = peer.log.subscribe(SUBSCRIBE);
    await items.next();
    await new Promise((resolve) => setTimeout(resolve, 200));
    const ahead = count();
    expect(ahead).toBeLessThan(500);
    for (let taken = 1; taken < 2 * ahead; taken++) await items.next();
    expect(count()).toBeGreaterThan(ahead);
    await items.return!();
  });

  it("fails with the handler's error, after what came before it", async () => {
    const { peer } = await start(async function* () {
      yield entryOf(1);
      throw new RnpError("NOT_FOUND", "no such instance");
    });
    const items = peer.log.subscribe(SUBSCRIBE);
    await expect(items.next()).resolves.toMatchObject({ value: { sequence: 1 } });
    await expect(items.next()).rejects.toMatchObject({ code: "NOT_FOUND", peer: "node-1" });
    await expect(items.next()).resolves.toMatchObject({ done: true });
  });

  it("fails with a clean INTERNAL_ERROR where an item is not as its schema says", async () => {
    const { peer } = await start(async function* () {
      yield { nonsense: true } as unknown as LogEntry;
    });
    await expect(read(peer.log.subscribe(SUBSCRIBE))).rejects.toMatchObject({
      code: "INTERNAL_ERROR",
    });
  });

  it("is refused where nobody handles it", async () => {
    const node = await startNode("node-1");
    const peer = await (await startNode("node-2")).peerAt(node.address!);
    await expect(read(peer.log.subscribe(SUBSCRIBE))).rejects.toMatchObject({
      code: "UNSUPPORTED",
    });
  });

  it("ends at its deadline for both", async () => {
    const { handle, left } = counter();
    const { peer } = await start(handle);
    const reading = read(peer.log.subscribe(SUBSCRIBE, { timeoutMs: 300 }));
    await expect(reading).rejects.toMatchObject({ code: "TIMEOUT" });
    expect(["TIMEOUT", "CANCELLED"]).toContain(((await left) as RnpError).code);
  });

  it("whose producer is lost fails; it does not end", async () => {
    const { node, peer } = await start(counter().handle);
    const items = peer.log.subscribe(SUBSCRIBE);
    await items.next();
    await node.close({ drainMs: 0 });
    await expect(read(items)).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it("whose reader is lost is left by the handler", async () => {
    const { handle, left } = counter();
    const { reader, peer } = await start(handle);
    await peer.log.subscribe(SUBSCRIBE).next();
    await reader.close({ drainMs: 0 });
    expect(await left).toBeInstanceOf(RnpError);
  });

  it("passes the interceptors of both sides", async () => {
    const seen: string[] = [];
    const calls: Interceptor<OutgoingCall> = (next) => (call) =>
      next({ ...call, meta: { traceparent: "00-1" } });
    const handlers: Interceptor<IncomingCall> = (next) => async (call) => {
      seen.push(`${call.kind} ${call.type} ${call.context.meta.traceparent}`);
      return next(call);
    };
    const { handle, left } = counter();
    const { peer } = await start(handle, {
      interceptors: { calls: [calls], handlers: [handlers] },
    });
    expect(await read(peer.log.subscribe(SUBSCRIBE), 3)).toEqual([1, 2, 3]);
    expect(seen).toEqual(["stream log.subscribe 00-1"]);
    expect(await left).toMatchObject({ code: "CANCELLED" });
  });
});
