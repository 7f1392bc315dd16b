import { describe, expect, it } from "vitest";
import {
  type HandlerContext,
  type InstanceStopped,
  type Logger,
  RnpError,
  type RnpNode,
  SILENT,
  type Undelivered,
} from "../../../runtime/index.js";
import { startNode } from "../../support/cluster.js";
import { newFolder } from "../../support/folders.js";
import { MemoryDisk } from "../../support/memory-disk.js";
import { MemoryStore } from "../../support/memory-store.js";
import { startProxy } from "../../support/proxy.js";
import { chunk } from "../../support/two-nodes.js";

const ONCE = { delivery: "exactly-once" } as const;

function stopped(exit_code: number): InstanceStopped {
  return { instance_id: "inst-1", exit_code, reason: "terminated", runtime_seconds: 1 };
}

const failureOf = (work: Promise<unknown>): Promise<RnpError> =>
  work.then(
    () => expect.unreachable(),
    (error) => error,
  );

/** Counts, under a key for each message, how often it had its effect. */
function countRuns({ exit_code }: InstanceStopped, context: HandlerContext): void {
  context.transaction((tx) =>
    tx.put(`run/${exit_code}`, Number(tx.get(`run/${exit_code}`) ?? 0) + 1),
  );
}

function runs(node: RnpNode): number[] {
  return node.store.range({ prefix: "run/" }).map(([, count]) => Number(count));
}

async function startReceiver(store: string | MemoryStore, options: object = {}): Promise<RnpNode> {
  const node = await startNode("controller-1", { store, ...options });
  node.handle("instance.stopped", (data, context) => countRuns(data, context));
  return node;
}

/** What a node says loudly. */
function keepErrors() {
  const errors: string[] = [];
  const logger: Logger = { ...SILENT, error: (_, text) => errors.push(text) };
  return { logger, errors };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

/** A machine that can lose its process. */
class Machine {
  readonly disk: MemoryDisk;
  store: MemoryStore;

  constructor(id: string) {
    this.disk = new MemoryDisk(id);
    this.store = new MemoryStore(this.disk);
  }

  /** Its process ends here and now; the store that the next one has. */
  crash(): MemoryStore {
    this.store.crash();
    this.store = new MemoryStore(this.disk);
    return this.store;
  }
}

const SENDER_ID = "11111111-1111-4111-8111-111111111111";
const RECEIVER_ID = "22222222-2222-4222-8222-222222222222";

describe("what is sent exactly-once", () => {
  it("has its effect once, and is acknowledged when that is on disk", async () => {
    const receiver = await startReceiver(await newFolder());
    const sender = await startNode("node-1", { store: await newFolder() });
    const peer = await sender.peerAt(receiver.address!);
    await Promise.all(upTo(200).map((code) => peer.instance.stopped(stopped(code), ONCE)));
    expect(runs(receiver)).toEqual(upTo(200).map(() => 1));
  });

  it("has its effect once over connections that are cut again and again", async () => {
    const proxy = await startProxy();
    const options = { listen: proxy.target, advertise: proxy.address };
    const receiver = await startReceiver(await newFolder(), options);
    const sender = await startNode("node-1", { store: await newFolder() });
    const peer = await sender.peerAt(proxy.address);
    const sent = upTo(500).map((code) => peer.instance.stopped(stopped(code), ONCE));
    for (let cuts = 0; cuts < 5; cuts++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      proxy.cut();
    }
    await Promise.all(sent);
    expect(runs(receiver)).toEqual(upTo(500).map(() => 1));
  });

  it("is told its place, and in which channel", async () => {
    const receiver = await startNode("controller-1", { store: await newFolder() });
    const places: unknown[] = [];
    receiver.handle("instance.stopped", (_, { delivery }) => void places.push(delivery));
    const sender = await startNode("node-1", { store: await newFolder() });
    const peer = await sender.peerAt(receiver.address!);
    await peer.instance.stopped(stopped(0), ONCE);
    await peer.instance.stopped(stopped(1), { ...ONCE, channel: "mine" });
    await peer.instance.stopped(stopped(2), { ...ONCE, channel: "mine" });
    const epoch = expect.any(Number);
    expect(places).toEqual([
      { channel: "control.once", epoch, seq: 1 },
      { channel: "mine.once", epoch, seq: 1 },
      { channel: "mine.once", epoch, seq: 2 },
    ]);
  });

  it("is refused where either side keeps no store", async () => {
    const receiver = await startReceiver(await newFolder());
    const without = await startNode("controller-2");
    without.handle("instance.stopped", () => {});
    const sender = await startNode("node-1", { store: await newFolder() });
    const other = await startNode("node-2");
    const toStoreless = await sender.peerAt(without.address!);
    const fromStoreless = await other.peerAt(receiver.address!);
    const there = await failureOf(toStoreless.instance.stopped(stopped(0), ONCE));
    expect(there).toMatchObject({ code: "UNSUPPORTED", outcome: "not-delivered" });
    expect(there.message).toContain("controller-2 keeps no store");
    const here = await failureOf(fromStoreless.instance.stopped(stopped(0), ONCE));
    expect(here).toMatchObject({ code: "UNSUPPORTED", outcome: "not-delivered" });
    expect(here.message).toContain("option `store`");
  });

  it("is not acknowledged while its effect is not durable, nor when the disk fails", async () => {
    const disk = new MemoryDisk(RECEIVER_ID);
    let failure: string | undefined;
    const fate = () => (failure === undefined ? { delayMs: 0 } : { delayMs: 0, failure });
    const receiver = await startReceiver(new MemoryStore(disk, { fate }));
    const sender = await startNode("node-1", { store: await newFolder() });
    const peer = await sender.peerAt(receiver.address!);
    await peer.instance.stopped(stopped(0), ONCE);
    failure = "no space left";
    const error = await failureOf(peer.instance.stopped(stopped(1), { ...ONCE, timeoutMs: 300 }));
    expect(error).toMatchObject({ code: "TIMEOUT", outcome: "unknown" });
    expect([...disk.image.application.keys()]).toEqual(["run/0"]);
  });

  it("goes on after a crash of the receiver, and has its effect once", async () => {
    const proxy = await startProxy();
    const options = { listen: proxy.target, advertise: proxy.address };
    const machine = new Machine(RECEIVER_ID);
    let receiver = await startReceiver(machine.store, options);
    const sender = await startNode("node-1", { store: await newFolder() });
    const peer = await sender.peerAt(proxy.address);
    const sent = upTo(300).map((code) => peer.instance.stopped(stopped(code), ONCE));
    for (let crashes = 0; crashes < 4; crashes++) {
      await new Promise((resolve) => setTimeout(resolve, 15));
      const store = machine.crash();
      proxy.cut();
      await receiver.close({ drainMs: 0 });
      receiver = await startReceiver(store, options);
    }
    await Promise.all(sent);
    expect(runs(receiver)).toEqual(upTo(300).map(() => 1));
  });

  it("ends unknown, and is not run again, where the receiver has lost its store", async () => {
    const proxy = await startProxy();
    const options = { listen: proxy.target, advertise: proxy.address };
    const receiver = await startNode("controller-1", {
      store: new MemoryStore(new MemoryDisk(RECEIVER_ID)),
      ...options,
    });
    let hasBegun = false;
    receiver.handle("instance.stopped", () => {
      hasBegun = true;
      return new Promise(() => {}); // It hangs.
    });
    const { logger, errors } = keepErrors();
    const sender = await startNode("node-1", { store: await newFolder(), logger });
    const peer = await sender.peerAt(proxy.address);
    const sent = failureOf(peer.instance.stopped(stopped(0), ONCE));
    await expect.poll(() => hasBegun).toBe(true);
    proxy.cut();
    await receiver.close({ drainMs: 0 });
    const another = new MemoryStore(new MemoryDisk(SENDER_ID));
    const next = await startReceiver(another, options);
    expect(await sent).toMatchObject({ code: "SESSION_LOST", outcome: "unknown" });
    await peer.instance.stopped(stopped(1), ONCE);
    expect(next.store.get("run/0")).toBeUndefined();
    expect(next.store.get("run/1")).toBe(1);
    expect(errors).toEqual([expect.stringContaining("the peer's store was lost or set back")]);
  });

  it("goes on, and says so loudly, where the sender has lost its store", async () => {
    const receiver = await startReceiver(await newFolder());
    const first = await startNode("node-1", { store: await newFolder() });
    await (await first.peerAt(receiver.address!)).instance.stopped(stopped(0), ONCE);
    await first.close();
    const { logger, errors } = keepErrors();
    const second = await startNode("node-1", { store: await newFolder(), logger });
    await (await second.peerAt(receiver.address!)).instance.stopped(stopped(1), ONCE);
    expect(runs(receiver)).toEqual([1, 1]);
    expect(errors).toEqual([expect.stringContaining("this node's store was lost or set back")]);
  });

  it("is not sent again under a number that counts already, where the sender's store was set back", async () => {
    const receiver = await startReceiver(await newFolder());
    const machine = new Machine(SENDER_ID);
    const first = await startNode("node-1", { store: machine.store });
    const peer = await first.peerAt(receiver.address!);
    await peer.instance.stopped(stopped(0), ONCE);
    const image = machine.disk.snapshot();
    await Promise.all(upTo(5).map((code) => peer.instance.stopped(stopped(code + 1), ONCE)));
    machine.store.crash();
    machine.disk.restore(image);
    await first.close({ drainMs: 0 });
    const { logger, errors } = keepErrors();
    const store = new MemoryStore(machine.disk);
    const second = await startNode("node-1", { store, logger });
    const again = await second.peerAt(receiver.address!);
    await again.instance.stopped(stopped(9), ONCE);
    expect(runs(receiver)).toEqual(upTo(7).map(() => 1));
    expect(errors).toContainEqual(
      expect.stringContaining("this node's store was lost or set back"),
    );
  });
});

describe("what a transaction sends", () => {
  it("leaves when the transaction is durable, and never where its function throws", async () => {
    const receiver = await startReceiver(await newFolder());
    const sender = await startNode("node-1", { store: await newFolder() });
    await sender.peerAt(receiver.address!);
    const failed = sender.store.transaction((tx) => {
      tx.send("controller-1", "instance.stopped", stopped(1));
      throw new Error("changed my mind");
    });
    await expect(failed).rejects.toThrow("changed my mind");
    await sender.store.transaction((tx) => {
      tx.put("sent", 2);
      tx.send("controller-1", "instance.stopped", stopped(2));
    });
    await expect.poll(() => receiver.store.range({ prefix: "run/" })).toEqual([["run/2", 1]]);
  });

  it("survives a crash of the sender, and arrives when the next process runs", async () => {
    const proxy = await startProxy();
    const options = { listen: proxy.target, advertise: proxy.address };
    const machine = new Machine(SENDER_ID);
    const first = await startNode("node-1", { store: machine.store });
    await first.store.transaction((tx) => {
      for (const code of upTo(50)) tx.send("controller-1", "instance.stopped", stopped(code));
    });
    const store = machine.crash();
    await first.close({ drainMs: 0 });
    const receiver = await startReceiver(await newFolder(), options);
    const second = await startNode("node-1", { store, join: [proxy.address] });
    await second.peerAt(proxy.address);
    await expect.poll(() => runs(receiver), { timeout: 10_000 }).toEqual(upTo(50).map(() => 1));
    await expect.poll(() => machine.disk.image.outbox.size).toBe(0);
  });

  it("is committed with what a handler does, so that a chain has each effect once", async () => {
    const last = await startReceiver(await newFolder());
    const middle = await startNode("node-1", { store: await newFolder() });
    await middle.peerAt(last.address!);
    middle.handle("fs.replicate", ({ chunk_id }, context) => {
      context.transaction((tx) => {
        tx.put(`seen/${chunk_id}`, true);
        tx.send("controller-1", "instance.stopped", stopped(chunk_id));
      });
    });
    const sender = await startNode("node-2", { store: await newFolder() });
    const peer = await sender.peerAt(middle.address!);
    await Promise.all(upTo(20).map((id) => peer.fs.replicate(chunk(10, id), ONCE)));
    expect(middle.store.range({ prefix: "seen/" })).toHaveLength(20);
    await expect.poll(() => runs(last)).toEqual(upTo(20).map(() => 1));
  });

  it("is told where it could not be delivered in its time", async () => {
    const told: Undelivered[] = [];
    const sender = await startNode("node-1", {
      store: await newFolder(),
      onUndelivered: (undelivered) => told.push(undelivered),
    });
    await sender.store.transaction((tx) => {
      tx.send("node-9", "instance.stopped", stopped(1), { timeoutMs: 50 });
    });
    await expect.poll(() => told.length).toBe(1);
    expect(told[0]).toMatchObject({
      peer: "node-9",
      type: "instance.stopped",
      data: stopped(1),
      error: { code: "TIMEOUT", outcome: "unknown" },
    });
  });

  it("leaves a gap, and nothing else, where it could not be kept with all the others", async () => {
    const receiver = await startReceiver(await newFolder());
    const sender = await startNode("node-1", { store: await newFolder() });
    await sender.peerAt(receiver.address!);
    const tooMany = sender.store.transaction((tx) => {
      for (const code of upTo(65_537)) tx.send("controller-1", "instance.stopped", stopped(code));
    });
    await expect(tooMany).rejects.toMatchObject({ code: "BACKPRESSURE" });
    await sender.store.transaction((tx) => tx.send("controller-1", "instance.stopped", stopped(7)));
    await expect.poll(() => receiver.store.range({ prefix: "run/" })).toEqual([["run/7", 1]]);
  });

  it("is refused at once where it breaks its schema or is no one-way message", async () => {
    const sender = await startNode("node-1", { store: await newFolder() });
    const bad = sender.store.transaction((tx) => {
      tx.send("node-2", "instance.stopped", { ...stopped(0), instance_id: "" });
    });
    await expect(bad).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
    const request = sender.store.transaction((tx) => {
      tx.send("node-2", "mesh.query" as "instance.stopped", stopped(0));
    });
    await expect(request).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });
});

describe("a handler's transaction", () => {
  it("is durable before its request is answered", async () => {
    const disk = new MemoryDisk(RECEIVER_ID);
    const receiver = await startNode("controller-1", { store: new MemoryStore(disk) });
    receiver.handle("mesh.query", (_, context) => {
      context.transaction((tx) => tx.put("asked", 1));
      return { service_name: "web", instances: [] };
    });
    const node = await startNode("node-1");
    const peer = await node.peerAt(receiver.address!);
    await peer.mesh.query({ service_name: "web" });
    expect(disk.image.application.has("asked")).toBe(true);
  });

  it("stands where the handler throws later, and a message sent exactly-once counts as handled", async () => {
    const receiver = await startNode("controller-1", { store: await newFolder() });
    let count = 0;
    receiver.handle("instance.stopped", async (data, context) => {
      count += 1;
      countRuns(data, context);
      throw new RnpError("UNAVAILABLE", "too late");
    });
    const sender = await startNode("node-1", { store: await newFolder() });
    const peer = await sender.peerAt(receiver.address!);
    await peer.instance.stopped(stopped(0), ONCE);
    expect([count, receiver.store.get("run/0")]).toEqual([1, 1]);
  });

  it("is one for each message, needs a store, and comes before the handler's end", async () => {
    const receiver = await startNode("controller-1", { store: await newFolder() });
    const faults: unknown[] = [];
    let late = Promise.resolve();
    receiver.handle("instance.stopped", (data, context) => {
      countRuns(data, context);
      try {
        countRuns(data, context);
      } catch (thrown) {
        faults.push((thrown as Error).message);
      }
    });
    receiver.handle("mesh.deregister", (_, context) => {
      late = new Promise((resolve) => {
        setTimeout(() => {
          try {
            context.transaction(() => {});
          } catch (thrown) {
            faults.push((thrown as Error).message);
          }
          resolve();
        }, 20);
      });
    });
    const node = await startNode("node-1");
    node.handle("fs.replicate", (_, context) => context.transaction(() => {}));
    const peer = await node.peerAt(receiver.address!);
    await peer.instance.stopped(stopped(0));
    await peer.mesh.deregister({ instance_id: "inst-1", service_name: "web" });
    await late;
    expect(faults).toEqual([
      expect.stringContaining("one transaction"),
      expect.stringContaining("before its handler's end"),
    ]);
    const back = await receiver.peerAt(node.address!);
    const error = await failureOf(back.fs.replicate(chunk(10)));
    expect(error).toMatchObject({ code: "UNSUPPORTED" });
    expect(error.message).toContain("no store");
    expect(() => node.store).toThrow("no store");
  });
});
