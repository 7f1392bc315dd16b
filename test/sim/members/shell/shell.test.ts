import { describe, expect, test } from "vitest";
import type { Command, Output } from "../../../../runtime/core/membership/contract.js";
import { MapRows } from "../../../../runtime/core/membership/rows.js";
import { Cluster, namesOf } from "../cluster.js";
import { StubCore } from "../stub/stub-core.js";

/** Nodes that know where the others are and do nothing by themselves. */
function cluster(count: number) {
  const outputs: Output[] = [];
  const world = new Cluster({
    seed: 1,
    names: namesOf(count),
    make: () => {
      const core = new StubCore({
        rows: new MapRows(),
        neighbours: [],
        heartbeatIntervalMs: 1000,
        phaseMs: Number.POSITIVE_INFINITY,
      });
      core.isWriting = true;
      return core;
    },
    watcher: { see: (_shell, output) => void outputs.push({ ...output }) },
  });
  world.startAll();
  for (const { node } of world.machines) {
    for (const { name, address } of world.machines) world.shell(node).lines.locate(name, address);
  }
  const core = (node: number) => world.shell(node).core as StubCore;
  const order = (node: number, ...commands: Command[]) =>
    world.shell(node).act(() => {
      for (const command of commands) core(node).command(command);
    });
  const told = (node: number) =>
    core(node)
      .heard.splice(0)
      .map(([, what]) => what);
  const run = (ms: number) => world.engine.run(world.engine.now + ms);
  return { world, core, order, told, run, outputs };
}

const HEARTBEAT = { kind: "heartbeat", to: "node-2", data: { sequence: 1 } } as const;
const PING = { kind: "ping", to: "node-2", token: 5, timeoutMs: 500 } as const;

describe("a simulated shell", () => {
  test("dials for what is sent, once, and uses the connection again in both directions", () => {
    const { world, order, told, run } = cluster(2);
    order(0, HEARTBEAT, { ...HEARTBEAT, data: { sequence: 2 } });
    run(50);
    expect(told(0)).toEqual(["opened node-2"]);
    expect(told(1)).toEqual(["opened node-1", "heartbeat from node-1", "heartbeat from node-1"]);
    order(1, { ...HEARTBEAT, to: "node-1" });
    order(0, HEARTBEAT);
    run(50);
    expect(told(0)).toEqual(["heartbeat from node-2"]);
    expect(told(1)).toEqual(["heartbeat from node-1"]);
    expect([world.shell(0).lines.openCount, world.shell(1).lines.openCount]).toEqual([1, 1]);
  });

  test("asks, and hands on what is answered", () => {
    const { world, order, told, run } = cluster(2);
    const data = { target_node: "node-3", target_address: "host-2:7946" };
    order(
      0,
      PING,
      { kind: "probe", to: "node-2", token: 6, data, timeoutMs: 500 },
      { kind: "sync", to: "node-2", token: 7, data: {} },
    );
    run(100);
    expect(told(0).sort()).toEqual([
      "opened node-2",
      "pong 5",
      "result 6: true",
      "sync 7 from node-2: true",
    ]);
    run(10_000);
    expect(told(0)).toEqual([]);
    expect(world.shell(0).questionCount).toBe(0);
  });

  test("says when nothing answers in time", () => {
    const { world, order, told, run } = cluster(2);
    world.machine(1).vanish();
    const data = { target_node: "node-3", target_address: "host-2:7946" };
    order(0, PING, { kind: "probe", to: "node-2", token: 6, data, timeoutMs: 700 });
    run(499);
    expect(told(0)).toEqual([]);
    run(2);
    expect(told(0)).toEqual(["no pong 5: timeout"]);
    run(200);
    expect(told(0)).toEqual(["result 6: undefined"]);
    order(0, { kind: "sync", to: "node-2", token: 7, data: {} });
    run(5001);
    expect(told(0)).toEqual(["sync 7 from node-2: undefined"]);
  });

  test("takes a refusal for an answer, also where a connection broke under a question", () => {
    const { world, core, order, told, run } = cluster(2);
    order(0, HEARTBEAT);
    run(50);
    told(0);
    world.machine(1).process!.pause(10_000);
    order(0, PING);
    run(100);
    expect(told(0)).toEqual([]);
    world.machine(1).kill();
    run(20);
    expect(told(0)).toEqual(["lost node-2, the last", "no pong 5: refused"]);
    expect(core(0).pongCount).toBe(0);
  });

  test("tells an answer that comes too late from one that was awaited", () => {
    const { world, order, told, run } = cluster(2);
    order(0, HEARTBEAT);
    run(50);
    told(0);
    world.machine(1).process!.pause(1000);
    order(0, PING);
    run(2000);
    expect(told(0)).toEqual(["no pong 5: timeout"]);
  });

  test("says when the last connection to a peer is lost, and how", () => {
    const { world, order, told, run } = cluster(2);
    order(0, { kind: "keep", node: "node-2" });
    order(1, { kind: "keep", node: "node-1" });
    run(50);
    expect(world.shell(0).lines.openCount).toBe(2);
    told(0);
    world.machine(1).exit();
    run(50);
    expect(told(0)).toEqual(["lost node-2, goodbye", "lost node-2, the last, goodbye"]);
  });

  test("gives up what is silent for a minute, and asks before it does", () => {
    const { world, order, told, run } = cluster(3);
    order(0, { kind: "keep", node: "node-2" }, { kind: "keep", node: "node-3" });
    run(50);
    told(0);
    run(600_000);
    expect(told(0)).toEqual([]);
    world.network.cutOneWay([1], [0]);
    run(50_000);
    expect(told(0)).toEqual([]);
    run(40_000);
    expect(told(0)).toEqual(["lost node-2, the last"]);
    expect(told(1)).toEqual(["opened node-1", "lost node-1, the last"]);
  });

  test("lets connections go that nobody keeps", () => {
    const { world, order, told, run } = cluster(3);
    order(0, { kind: "keep", node: "node-2" }, { ...HEARTBEAT, to: "node-3" });
    run(280_000);
    expect(world.shell(0).lines.openCount).toBe(2);
    run(50_000);
    expect(world.shell(0).lines.openCount).toBe(1);
    expect(told(2).at(-1)).toBe("lost node-1, the last, goodbye");
    order(0, { kind: "release", node: "node-2" });
    run(50_000);
    expect(world.shell(0).lines.openCount).toBe(0);
  });

  test("wakes its core when that asked for it, and shows each output to its watcher", () => {
    const { world, core, told, run, outputs } = cluster(1);
    const at = world.engine.now + 100.5;
    outputs.length = 0;
    world.shell(0).act(() => core(0).wakeAt(at));
    run(100);
    expect(told(0)).toEqual([]);
    run(1);
    expect(told(0)).toEqual(["timeout"]);
    expect(outputs.map(({ wakeAt }) => wakeAt)).toEqual([at, world.engine.now + 250]);
  });

  test("refuses a token that is in use", () => {
    const { order } = cluster(2);
    expect(() => order(0, PING, PING)).toThrow("in use");
  });

  test("reaches nobody whose address it does not know", () => {
    const { world, order, told, run } = cluster(2);
    order(0, { kind: "forget", node: "node-2" }, HEARTBEAT, PING);
    run(600);
    expect(told(0)).toEqual(["no pong 5: timeout"]);
    order(0, { kind: "locate", node: "node-2", address: world.machine(1).address }, HEARTBEAT);
    run(600);
    expect(told(1)).toEqual(["opened node-1", "heartbeat from node-1"]);
  });

  test("does not take another node for the one that it dialled", () => {
    const { world, order, told, run } = cluster(3);
    order(0, { kind: "locate", node: "node-2", address: world.machine(2).address }, PING);
    run(50);
    expect(told(0)).toEqual(["no pong 5: refused", "opened node-3"]);
    expect(told(2)).toEqual(["opened node-1"]);
  });
});
