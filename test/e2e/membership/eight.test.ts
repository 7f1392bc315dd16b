import { setTimeout as sleep } from "node:timers/promises";
import { expect, it } from "vitest";
import { suspicionMs, TIMINGS } from "../../../runtime/index.js";
import { Scene } from "./scene.js";

const { lan } = TIMINGS;
const NODES = Array.from({ length: 7 }, (_, index) => `node-${index + 1}`);
const ALL = ["controller-1", ...NODES];
/** A member whose silence nobody confirms is DEAD by then; this many who do make it a third of that. */
const DEAD_WITHIN_MS = lan.suspectAfterMs + suspicionMs(ALL.length, lan).maxMs;
/** News of a living one reaches all with the next heartbeats, or when a table is asked for. */
const SEEN_WITHIN_MS = 5 * lan.heartbeatIntervalMs;
const STOPPED_MS = 10_000;
/** Eight processes start at once on a machine that may be busy. */
const START_WITHIN_MS = 20_000;

const all = (ids: readonly string[], state: string) => ids.map((id) => `${id} ${state}`);

it("finds exactly the killed one dead, of eight processes to whom everything happens at once", {
  timeout: 120_000,
}, async () => {
  const scene = await Scene.open("--liveness", "lan");
  const seed = await scene.addressOf("controller-1");
  const [toTwo, toThree] = [await scene.proxyOf("node-2"), await scene.proxyOf("node-3")];
  const detours = new Map([
    ["node-2", { to: "node-3", proxy: toThree }],
    ["node-3", { to: "node-2", proxy: toTwo }],
  ]);
  const start = (id: string) => {
    const detour = detours.get(id);
    return scene.start(id, { join: [seed], ...(detour === undefined ? {} : { detour }) });
  };
  await scene.start("controller-1");
  await Promise.all(NODES.map(start));
  await scene.untilAll(ALL, all(ALL, "alive"), START_WITHIN_MS);
  const epoch = (await scene.tableOf("node-1")).find(({ node }) => node === "node-4")!.epoch!;

  for (const proxy of [toTwo, toThree]) proxy.stall();
  expect(toTwo.connectionCount + toThree.connectionCount).toBeGreaterThan(0);
  const received = [toTwo.receivedBytes, toThree.receivedBytes];
  scene.process("node-6").signal("SIGSTOP");
  const stoppedAtMs = performance.now();
  scene.process("node-7").signal("SIGTERM");
  await Promise.all([scene.process("node-5").kill(), scene.process("node-4").kill()]);
  const awake = ["controller-1", "node-1", "node-2", "node-3"];
  const restarting = start("node-4");
  const deadMs = await scene.untilAll(awake, all(["node-5"], "dead"), DEAD_WITHIN_MS);
  await restarting;
  await scene.untilAll(awake, all(["node-4"], "alive"), SEEN_WITHIN_MS);

  await sleep(STOPPED_MS - (performance.now() - stoppedAtMs));
  const toldWhileStopped = scene.toldBy("node-6").length;
  scene.process("node-6").signal("SIGCONT");
  const rest = [...awake, "node-4", "node-6"];
  const expected = [...all(rest, "alive"), "node-5 dead", "node-7 left"].sort();
  // Who starts anew never hears of those who were gone before.
  const living = rest.filter((id) => id !== "node-4");
  const backMs = await scene.untilAll(living, expected, DEAD_WITHIN_MS);
  await scene.untilAll(["node-4"], all(rest, "alive"), SEEN_WITHIN_MS);
  expect([toTwo.receivedBytes, toThree.receivedBytes]).toEqual(received);
  console.log(`dead after ${Math.round(deadMs)} ms, awake after ${Math.round(backMs)} ms`);

  for (const id of living) expect(await scene.statesOf(id)).toEqual(expected);
  for (const id of living) {
    const row = (await scene.tableOf(id)).find(({ node }) => node === "node-4");
    expect(row!.epoch).toBeGreaterThan(epoch);
  }
  const died = rest.flatMap((id) => scene.toldBy(id)).filter(({ kind }) => kind === "died");
  const buried = new Set(died.map(({ node }) => node));
  // In `lan` who is stopped for so long is buried meanwhile; who was killed and started anew may have been.
  for (const id of ["controller-1", "node-1", "node-2", "node-3", "node-7"]) {
    expect(buried).not.toContain(id);
  }
  const accused = scene.toldBy("node-6").slice(toldWhileStopped);
  const wrongly = accused.filter(({ kind, node }) => kind === "died" && node !== "node-5");
  expect(wrongly).toEqual([]);
});
