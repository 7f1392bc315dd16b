import { describe, expect, test } from "vitest";
import { Engine } from "../engine/engine.js";
import { KIND } from "../engine/kinds.js";
import { Dial, type Dialler, type Host } from "./dial.js";
import { Network } from "./network.js";
import type { Socket } from "./socket.js";
import { FAIR, RESEND_MS, travelMs } from "./weather.js";

const NAMES = new Map<number, string>(Object.entries(KIND).map(([name, kind]) => [kind, name]));

/** Writes down what comes. */
class Ear implements Dialler {
  readonly node: number;
  readonly heard: unknown[] = [];
  readonly at: number[] = [];
  socket: Socket | undefined;
  refusedAt: number | undefined;
  readonly #engine: Engine;

  constructor(engine: Engine, node: number) {
    this.#engine = engine;
    this.node = node;
  }

  arrived(kind: number, _socket: Socket, frame: unknown): void {
    this.heard.push(frame ?? NAMES.get(kind));
    this.at.push(this.#engine.now);
  }

  connected(_dial: Dial, socket: Socket): void {
    this.socket = socket;
  }

  refused(): void {
    this.refusedAt = this.#engine.now;
  }
}

function pair(seed = 1) {
  const engine = new Engine(seed);
  const network = new Network(engine);
  const [left, right] = [new Ear(engine, 0), new Ear(engine, 1)];
  const near = network.connect(left, right);
  return { engine, network, left, right, near, far: near.peer };
}

describe("a connection", () => {
  test("brings all that is sent, in order, after 0.2 ms and some more", () => {
    const { engine, right, near } = pair();
    const frames = Array.from({ length: 2000 }, (_, index) => index);
    const latencies: number[] = [];
    for (const frame of frames) {
      near.send(frame);
      near.send(frame);
      const sentAt = engine.now;
      engine.run(engine.now + 50);
      latencies.push(right.at.at(-2)! - sentAt);
    }
    expect(right.heard).toEqual(frames.flatMap((frame) => [frame, frame]));
    const mean = latencies.reduce((sum, ms) => sum + ms) / latencies.length;
    expect(Math.min(...latencies)).toBeGreaterThanOrEqual(0.2);
    expect(mean).toBeGreaterThan(0.65);
    expect(mean).toBeLessThan(0.8);
  });

  test("is late where something is lost, and so is what is behind it", () => {
    const { engine, network, right, near } = pair();
    network.weather = { ...FAIR, lossProbability: 0.02 };
    for (let frame = 0; frame < 1000; frame++) {
      engine.run(frame * 10);
      near.send(frame);
    }
    engine.run(60_000);
    expect(right.heard).toEqual(Array.from({ length: 1000 }, (_, index) => index));
    const lateBy = right.at.map((at, index) => at - index * 10);
    // What was lost itself, and up to twenty frames for each that was.
    expect(lateBy.filter((ms) => ms >= RESEND_MS).length).toBeGreaterThan(10);
    expect(lateBy.filter((ms) => ms > 10 && ms < RESEND_MS).length).toBeGreaterThan(200);
    expect(lateBy.filter((ms) => ms < 10).length).toBeGreaterThan(300);
  });

  test("waits twice as long after each try that is lost", () => {
    const { dice } = new Engine(1);
    const weather = { latencyMinMs: 0, jitterMeanMs: 0, lossProbability: 0.5 };
    const waits = new Set(Array.from({ length: 2000 }, () => travelMs(weather, dice)));
    for (const ms of [0, 200, 600, 1400, 3000]) expect(waits).toContain(ms);
    expect(waits.size).toBeLessThan(20);
  });

  test("brings nothing while it is cut one way, all of it afterwards, and the other way goes on", () => {
    const { engine, network, left, right, near, far } = pair();
    near.send("before");
    engine.run(50);
    const mend = network.cutOneWay([0], [1]);
    for (const frame of ["a", "b"]) near.send(frame);
    far.send("back");
    engine.run(1000);
    near.send("c");
    engine.run(5000);
    expect(right.heard).toEqual(["before"]);
    expect(left.heard).toEqual(["back"]);
    mend();
    engine.run(5010);
    near.send("d");
    // TCP tries again after 200, 600, 1400, 3000 and 6200 ms.
    engine.run(6200);
    expect(right.heard).toEqual(["before"]);
    engine.run(6300);
    expect(right.heard).toEqual(["before", "a", "b", "c", "d"]);
    near.send("e");
    engine.run(6350);
    expect(right.heard.at(-1)).toBe("e");
  });

  test("keeps what was on its way when it was cut", () => {
    const { engine, network, right, near } = pair();
    near.send("a");
    const mend = network.cutOneWay([0], [1]);
    near.send("b");
    engine.run(100);
    expect(right.heard).toEqual([]);
    mend();
    near.send("c");
    engine.run(300);
    expect(right.heard).toEqual(["a", "b", "c"]);
  });

  test("is cut between groups, and within them not", () => {
    const engine = new Engine(1);
    const network = new Network(engine);
    const ears = [0, 1, 2, 3].map((node) => new Ear(engine, node));
    const near = network.connect(ears[0]!, ears[1]!);
    const across = network.connect(ears[0]!, ears[2]!);
    const mend = network.partition([
      [0, 1],
      [2, 3],
    ]);
    for (const socket of [near, near.peer, across, across.peer]) socket.send("hello");
    engine.run(100);
    expect(ears.map(({ heard }) => heard.length)).toEqual([1, 1, 0, 0]);
    mend();
    engine.run(1000);
    expect(ears.map(({ heard }) => heard.length)).toEqual([2, 1, 1, 0]);
  });

  test("ends behind all that was sent, and with a reset where one end is killed", () => {
    for (const how of ["close", "reset"] as const) {
      const { engine, right, near } = pair();
      near.send("a");
      near[how]();
      near.send("too late");
      engine.run(100);
      expect(right.heard).toEqual(["a", how === "close" ? "goodbye" : "reset"]);
      expect(right.socket).toBeUndefined();
    }
  });

  test("is reset by a machine that does not know it any more", () => {
    const { engine, network, left, near, far } = pair();
    far.vanish();
    network.silence(1, true);
    near.send("a");
    engine.run(5000);
    expect(left.heard).toEqual([]);
    network.silence(1, false);
    engine.run(10_000);
    expect(left.heard).toEqual(["reset"]);
  });

  test("is given up after a quarter of an hour in vain", () => {
    const { engine, network, left, right, near } = pair();
    network.cutOneWay([0], [1]);
    near.send("a");
    engine.run(800_000);
    expect(left.heard).toEqual([]);
    engine.run(1_000_000);
    expect(left.heard).toEqual(["reset"]);
    expect(right.heard).toEqual([]);
    expect(engine.pendingCount).toBe(0);
  });

  test("breaks at both ends where something between them resets it", () => {
    const { engine, network, left, right } = pair();
    const other = network.connect(right, new Ear(engine, 2));
    network.resetBetween(0, 1);
    engine.run(10);
    expect([left.heard, right.heard]).toEqual([["reset"], ["reset"]]);
    expect(other.isGone).toBe(false);
    expect(network.socketsOf(0).size).toBe(0);
  });

  test("keeps its order for days", () => {
    const { engine, right, near } = pair();
    for (let hour = 0; hour < 100; hour++) {
      engine.run(hour * 3_600_000);
      for (const frame of [1, 2, 3]) near.send(hour * 10 + frame);
      engine.run(engine.now + 100);
      expect(right.heard.splice(0)).toEqual([hour * 10 + 1, hour * 10 + 2, hour * 10 + 3]);
    }
  });
});

describe("a dial", () => {
  function dialOf(host: (engine: Engine) => Host) {
    const engine = new Engine(1);
    const network = new Network(engine);
    const dialler = new Ear(engine, 0);
    const dial = new Dial(network, dialler, host(engine));
    return { engine, network, dialler, dial };
  }

  const listening = (engine: Engine): Host => ({ node: 1, listener: new Ear(engine, 1) });
  const empty = (): Host => ({ node: 1, listener: undefined });

  test("connects after one round trip", () => {
    const { engine, dialler } = dialOf(listening);
    engine.run(0.39);
    expect(dialler.socket).toBeUndefined();
    engine.run(20);
    expect(dialler.socket?.peer.node).toBe(1);
  });

  test("is refused after one where nobody listens", () => {
    const { engine, dialler } = dialOf(empty);
    engine.run(20);
    expect(dialler.refusedAt).toBeGreaterThanOrEqual(0.4);
    expect(engine.pendingCount).toBe(0);
  });

  test.each([
    ["there", [0], [1]],
    ["back", [1], [0]],
  ])("hears nothing where the way %s is cut, and gets there when it is mended", (_, from, to) => {
    const engine = new Engine(1);
    const network = new Network(engine);
    const dialler = new Ear(engine, 0);
    const mend = network.cutOneWay(from, to);
    new Dial(network, dialler, { node: 1, listener: undefined });
    engine.run(2500);
    mend();
    engine.run(2900);
    expect(dialler.refusedAt).toBeUndefined();
    engine.run(3100);
    expect(dialler.refusedAt).toBeGreaterThan(3000);
  });

  test("comes to nothing once it is cancelled", () => {
    const { engine, dialler, dial } = dialOf(listening);
    dial.cancel();
    engine.run(5000);
    expect([dialler.socket, dialler.refusedAt]).toEqual([undefined, undefined]);
  });
});
