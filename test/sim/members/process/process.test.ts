import { describe, expect, test } from "vitest";
import { Engine } from "../engine/engine.js";
import { KIND } from "../engine/kinds.js";
import type { Dial } from "../tcp/dial.js";
import { Network } from "../tcp/network.js";
import type { Socket } from "../tcp/socket.js";
import { Machine, type Place } from "./machine.js";
import type { Process, Program } from "./process.js";

/** Writes down all that it is told. */
class Diary implements Program {
  readonly greeting: string;
  readonly seen: string[] = [];
  readonly sockets: Socket[] = [];
  readonly process: Process;

  constructor({ process, machine }: Place) {
    this.process = process;
    this.greeting = machine.name;
  }

  begin(): void {
    this.seen.push("begin");
  }

  handleTimer(_kind: number, subject: number): void {
    this.seen.push(`timer ${subject}`);
  }

  handleOpened(socket: Socket, dial: Dial | undefined): void {
    this.sockets.push(socket);
    this.seen.push(`${dial === undefined ? "accepted" : "connected to"} ${socket.greeting}`);
  }

  handleFrame(_socket: Socket, frame: unknown): void {
    this.seen.push(`${frame}`);
  }

  handleClosed(socket: Socket, isGoodbye: boolean): void {
    this.seen.push(`${socket.greeting} ${isGoodbye ? "said goodbye" : "is gone"}`);
  }

  handleRefused(): void {
    this.seen.push("refused");
  }
}

function two() {
  const engine = new Engine(1);
  const network = new Network(engine);
  const machines = ["left", "right"].map((name, node) => new Machine(network, node, name));
  const [left, right] = machines as [Machine, Machine];
  const diaries: Diary[] = [];
  const start = (machine: Machine) => {
    machine.start((place) => {
      const diary = new Diary(place);
      diaries.push(diary);
      return diary;
    });
    return diaries.at(-1)!;
  };
  const run = (ms: number) => engine.run(engine.now + ms);
  return { engine, left, right, start, run };
}

function connected() {
  const world = two();
  const { left, right, start, run } = world;
  const [one, other] = [start(left), start(right)];
  one.process.dial(right);
  run(50);
  const socket = one.sockets[0]!;
  one.seen.length = 0;
  other.seen.length = 0;
  return { ...world, one, other, socket };
}

describe("processes", () => {
  test("get to know each other in two round trips", () => {
    const { left, right, start, run } = two();
    const [one, other] = [start(left), start(right)];
    one.process.dial(right);
    run(0.79);
    expect(one.seen).toEqual(["begin"]);
    run(20);
    expect(one.seen).toEqual(["begin", "connected to right"]);
    expect(other.seen).toEqual(["begin", "accepted left"]);
  });

  test("that are killed break their connections, and nobody listens there then", () => {
    const { right, run, one, other } = connected();
    other.process.timer(0, KIND.wake, 1);
    right.kill();
    run(20);
    expect(one.seen).toEqual(["right is gone"]);
    expect(other.seen).toEqual([]);
    one.process.dial(right);
    run(20);
    expect(one.seen).toEqual(["right is gone", "refused"]);
  });

  test("that vanish leave nothing but silence, until their machine is there again", () => {
    const { right, start, run, one, socket } = connected();
    right.vanish();
    one.process.dial(right);
    socket.send("into the void");
    run(10_000);
    expect(one.seen).toEqual([]);
    start(right);
    run(30_000);
    expect(one.seen).toContain("right is gone");
    expect(one.seen).toContain("connected to right");
  });

  test("that stand still do nothing, and then run their timers before they read", () => {
    const { engine, run, one, other, socket } = connected();
    other.process.timer(engine.now + 300, KIND.wake, 1);
    other.process.timer(engine.now + 100, KIND.wake, 2);
    other.process.timer(engine.now + 2000, KIND.wake, 3);
    other.process.pause(1000);
    socket.send("a");
    run(500);
    socket.send("b");
    run(499);
    expect(other.seen).toEqual([]);
    run(2);
    expect(other.seen).toEqual(["timer 2", "timer 1", "a", "b"]);
    run(2000);
    expect(other.seen.at(-1)).toBe("timer 3");
    expect(one.seen).toEqual([]);
  });

  test("that stand still take connections, but do not greet", () => {
    const { left, right, start, run } = two();
    const [one, other] = [start(left), start(right)];
    other.process.pause(1000);
    one.process.dial(right);
    run(900);
    expect(one.seen).toEqual(["begin"]);
    run(200);
    expect(one.seen).toEqual(["begin", "connected to right"]);
  });

  test("that stand still when they dial find what came of it afterwards", () => {
    const { run, one, right } = connected();
    right.kill();
    one.process.dial(right);
    one.process.pause(1000);
    run(900);
    expect(one.seen).toEqual([]);
    run(200);
    expect(one.seen.sort()).toEqual(["refused", "right is gone"]);
  });

  test("that are killed while they stand still never go on", () => {
    const { right, run, other, socket } = connected();
    other.process.pause(1000);
    socket.send("a");
    run(100);
    right.kill();
    run(2000);
    expect(other.seen).toEqual([]);
    expect(other.process.state).toBe("over");
  });

  test("that end say goodbye", () => {
    const { right, run, one } = connected();
    right.exit();
    run(20);
    expect(one.seen).toEqual(["right said goodbye"]);
  });

  test("whose connection breaks before it is greeted are refused", () => {
    const { right, run, one, other } = connected();
    other.process.pause(10_000);
    one.process.dial(right);
    run(500);
    right.kill();
    run(50);
    expect(one.seen.sort()).toEqual(["refused", "right is gone"]);
  });
});

describe("a machine", () => {
  test("gives each process a later epoch, even where its clock is set back", () => {
    const { left, run } = two();
    const first = left.nextEpoch();
    expect(first).toBe(left.unixTimeMs());
    run(1000);
    expect(left.nextEpoch()).toBe(first + 1000);
    left.clockOffsetMs = -86_400_000;
    expect(left.nextEpoch()).toBe(first + 1001);
    left.loseDisk();
    expect(left.nextEpoch()).toBe(first + 1000 - 86_400_000);
  });

  test("runs one process at a time", () => {
    const { left, start } = two();
    start(left);
    expect(() => start(left)).toThrow("runs already");
    left.kill();
    expect(start(left).seen).toEqual(["begin"]);
  });
});
