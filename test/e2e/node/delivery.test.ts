import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { type InstanceStopped, RnpError, type RnpNode } from "../../../runtime/index.js";
import { startNode } from "../../support/cluster.js";
import { startController } from "../../support/daemon.js";
import { startProxy } from "../../support/proxy.js";

const ONE_CONNECTION = { control_pool_size: 1, peer_pool_size: 1, data_pool_size: 1 };

function stopped(exit_code: number): InstanceStopped {
  return { instance_id: "inst-1", exit_code, reason: "terminated", runtime_seconds: 1 };
}

const failureOf = (work: Promise<unknown>): Promise<RnpError> =>
  work.then(
    () => expect.unreachable(),
    (error) => error,
  );

/** A node that sends to a controller through a proxy, and what the controller has handled. */
async function throughProxy(handle: (data: InstanceStopped) => unknown = () => {}) {
  const proxy = await startProxy();
  const network = { ...ONE_CONNECTION, keepalive_interval_seconds: 1 };
  const options = { listen: proxy.target, advertise: proxy.address };
  const controller = await startNode("controller-1", options);
  const codes: number[] = [];
  controller.handle("instance.stopped", async (data) => {
    await handle(data);
    codes.push(data.exit_code);
  });
  const node = await startNode("node-1", { network });
  const peer = await node.peerAt(proxy.address);
  return { proxy, controller, node, peer, codes };
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index);

describe("messages of one channel", () => {
  it("are handled in order, one after the other, and each is acknowledged", async () => {
    let running = 0;
    const { peer, codes } = await throughProxy(async ({ exit_code }) => {
      running += 1;
      expect(running).toBe(1);
      await sleep(exit_code % 3);
      running -= 1;
    });
    await Promise.all(upTo(50).map((code) => peer.instance.stopped(stopped(code))));
    expect(codes).toEqual(upTo(50));
  });

  it("do not wait for those of another channel", async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { peer, codes } = await throughProxy(({ exit_code }) =>
      exit_code === 0 ? held : undefined,
    );
    const first = peer.instance.stopped(stopped(0), { channel: "one" });
    await peer.instance.stopped(stopped(1), { channel: "two" });
    expect(codes).toEqual([1]);
    release();
    await first;
    expect(codes).toEqual([1, 0]);
  });

  it("tell their handler their places", async () => {
    const controller = await startNode("controller-1");
    const places: unknown[] = [];
    controller.handle("instance.stopped", (_, { delivery }) => void places.push(delivery));
    const node = await startNode("node-1");
    const peer = await node.peerAt(controller.address!);
    await peer.instance.stopped(stopped(0));
    await peer.instance.stopped(stopped(0), { channel: "mine" });
    const epoch = expect.any(Number);
    expect(places).toEqual([
      { channel: "control", epoch, seq: 1 },
      { channel: "mine", epoch, seq: 1 },
    ]);
  });
});

describe("connections that are cut again and again", () => {
  it("cost no message, repeat none, and change no order", async () => {
    const { proxy, peer, codes } = await throughProxy(() => sleep(1));
    const sent = upTo(300).map((code) => peer.instance.stopped(stopped(code)));
    for (let cuts = 0; cuts < 3; cuts++) {
      await sleep(60);
      proxy.cut();
    }
    await Promise.all(sent);
    expect(codes).toEqual(upTo(300));
    expect(proxy.connectionCount).toBeGreaterThan(3);
  });

  it("do not stop a handler that is at work, whose message is then acknowledged on the next", async () => {
    let runs = 0;
    const { proxy, peer } = await throughProxy(async () => {
      runs += 1;
      await sleep(150);
    });
    const sent = peer.instance.stopped(stopped(0));
    await expect.poll(() => runs).toBe(1);
    proxy.cut();
    await sent;
    expect(runs).toBe(1);
  });
});

describe("how a send ends", () => {
  const modes = ["at-least-once", "exactly-once-while-running"] as const;

  it.each(modes)("%s: delivered, once handled", async (delivery) => {
    const { peer, codes } = await throughProxy();
    await peer.instance.stopped(stopped(7), { delivery });
    expect(codes).toEqual([7]);
  });

  it.each(modes)("%s: rejected, where the handler says so", async (delivery) => {
    const { peer } = await throughProxy(() => {
      throw new RnpError("CONFLICT", "it never ran", { outcome: "rejected" });
    });
    const error = await failureOf(peer.instance.stopped(stopped(0), { delivery }));
    expect(error).toMatchObject({ code: "CONFLICT", outcome: "rejected", peer: "controller-1" });
  });

  it.each(modes)("%s: rejected, where there is no handler", async (delivery) => {
    const controller = await startNode("controller-1");
    const node = await startNode("node-1");
    const peer = await node.peerAt(controller.address!);
    const error = await failureOf(peer.instance.stopped(stopped(0), { delivery }));
    expect(error).toMatchObject({ code: "UNSUPPORTED", outcome: "rejected" });
  });

  it.each(modes)("%s: delivered, after an error that a retry mends", async (delivery) => {
    let attempts = 0;
    const { peer, codes } = await throughProxy(() => {
      attempts += 1;
      if (attempts === 1) throw new RnpError("BACKPRESSURE", "not now", { outcome: "rejected" });
    });
    await Promise.all(upTo(3).map((code) => peer.instance.stopped(stopped(code), { delivery })));
    expect(codes).toEqual([0, 1, 2]);
    expect(attempts).toBe(4);
  });

  it("exactly-once-while-running: unknown after one run, where the handler was late and the word of it is lost", async () => {
    let runs = 0;
    const { proxy, peer, codes } = await throughProxy(({ exit_code }) => {
      if (exit_code !== 0) return;
      runs += 1;
      proxy.stall();
      setTimeout(() => {
        proxy.cut();
        proxy.resume();
      }, 50);
      throw new RnpError("TIMEOUT", "it took too long", { outcome: "unknown" });
    });
    const send = (code: number) =>
      peer.instance.stopped(stopped(code), { delivery: "exactly-once-while-running" });
    const [late, next] = await Promise.all([failureOf(send(0)), send(1)]);
    expect(late).toMatchObject({ code: "TIMEOUT", outcome: "unknown" });
    expect(next).toBeUndefined();
    expect(runs).toBe(1);
    expect(codes).toEqual([1]);
  });

  it.each(modes)("%s: unknown, where nothing comes back in time", async (delivery) => {
    const { proxy, peer } = await throughProxy();
    proxy.stall();
    const options = { delivery, timeoutMs: 300 };
    const error = await failureOf(peer.instance.stopped(stopped(0), options));
    expect(error).toMatchObject({ code: "TIMEOUT", outcome: "unknown" });
    proxy.resume();
  });

  it.each(modes)("%s: not delivered, where there is nobody", async (delivery) => {
    const { proxy, node, peer } = await throughProxy();
    proxy.block();
    await expect.poll(() => node.connections()).toEqual([]);
    const error = await failureOf(peer.instance.stopped(stopped(0), { delivery, timeoutMs: 400 }));
    expect(error).toMatchObject({ outcome: "not-delivered" });
  });

  it.each(modes)("%s: unknown, where the caller cancels what has left", async (delivery) => {
    const { proxy, peer } = await throughProxy();
    proxy.stall();
    const options = { delivery, signal: AbortSignal.timeout(100) };
    const error = await failureOf(peer.instance.stopped(stopped(0), options));
    expect(error).toMatchObject({ code: "CANCELLED", outcome: "unknown" });
    proxy.resume();
  });

  it.each(modes)("%s: unknown, where this node closes first", async (delivery) => {
    const { proxy, node, peer } = await throughProxy();
    proxy.stall();
    const failed = failureOf(peer.instance.stopped(stopped(0), { delivery }));
    await sleep(50);
    await node.close({ drainMs: 100 });
    expect(await failed).toMatchObject({ code: "UNAVAILABLE", outcome: "unknown" });
    proxy.resume();
  });

  it("exactly-once is refused without a store, and says what to ask for", async () => {
    const { peer, codes } = await throughProxy();
    const error = await failureOf(peer.instance.stopped(stopped(0), { delivery: "exactly-once" }));
    expect(error).toMatchObject({ code: "UNSUPPORTED", outcome: "not-delivered" });
    expect(error.message).toContain("ask for exactly-once-while-running");
    expect(codes).toEqual([]);
  });

  it("a channel for what is sent at-most-once is refused, and so is a name that is none", async () => {
    const { peer } = await throughProxy();
    const wrong = failureOf(peer.instance.stopped(stopped(0), { channel: "No" }));
    expect(await wrong).toMatchObject({ code: "PROTOCOL_ERROR", outcome: "not-delivered" });
    const load = { cpu_percent: 1, ram_used_mb: 1, instance_count: 0 };
    const none = failureOf(peer.heartbeat(load, { channel: "mine" }));
    expect(await none).toMatchObject({ code: "PROTOCOL_ERROR", outcome: "not-delivered" });
  });
});

describe("a receiver that restarts", () => {
  /** A controller that is killed while a message is with its handler, and started again at its address. */
  async function restarted(work: (node: RnpNode, address: string) => Promise<unknown>) {
    const { rnp, address } = await startController();
    const node = await startNode("node-1", { network: ONE_CONNECTION });
    const peer = await node.peerAt(address);
    await peer.ping({ timestamp: 0 });
    rnp.signal("SIGSTOP"); // What is sent now has left when it is killed.
    const sent = work(node, address);
    await sleep(100);
    await rnp.kill();
    await startController("controller-1", address);
    return sent;
  }

  it("is sent again what was promised at least once", async () => {
    await restarted(async (node) => {
      await node.peer("controller-1").instance.stopped(stopped(0));
    });
  });

  it("is not sent again what was promised to run once: it is unknown", async () => {
    const error = await restarted((node) =>
      failureOf(
        node
          .peer("controller-1")
          .instance.stopped(stopped(0), { delivery: "exactly-once-while-running" }),
      ),
    );
    expect(error).toMatchObject({ code: "SESSION_LOST", outcome: "unknown" });
  });
});
