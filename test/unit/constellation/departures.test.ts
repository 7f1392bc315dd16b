import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { DepartureNotes } from "../../../runtime/constellation/departure-notes.js";
import { Departures } from "../../../runtime/constellation/departures.js";
import { type Notice, Notices } from "../../../runtime/constellation/notices.js";
import {
  type InstanceChunk,
  type InstanceCreate,
  type InstanceLocation,
  RnpError,
} from "../../../runtime/index.js";
import { recordingLogger, temporaryFolder } from "./support.js";

const create = { instance_id: "inst-1", name: "web", script: "web.mjs" };
const at = (node: string, state = "running"): InstanceLocation => ({
  instance_id: "inst-1",
  node,
  state,
});
const absent = new RnpError("NOT_FOUND", "no instance inst-1 is known here");
const unreachable = new RnpError("UNAVAILABLE", "no way there");

interface Faults {
  /** What the controller says to the move. */
  readonly announce?: () => Promise<void>;
  /** How the instance ends when it is stopped. */
  readonly reason?: string;
  readonly start?: () => Promise<void>;
  /** It ends only after this. */
  readonly untilStopped?: Promise<void>;
}

/** The departures of node-1, where inst-1 runs; answers are what the others say of it. */
async function setup(faults: Faults = {}, dataDir?: string) {
  const root = dataDir ?? (await temporaryFolder());
  const folder = join(root, "instances", "inst-1");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "data"), "content");
  const { logger } = recordingLogger();
  const answers: Record<string, InstanceLocation | RnpError> = {};
  const told: Notice[] = [];
  const clock = { ms: 0 };
  let isRunning = dataDir === undefined;
  const started = { instance_id: "inst-1", pid: 1, startup_time_ms: 1 };
  const runner = {
    running: () => (isRunning ? [{ create, started }] : []),
    start: async (_: InstanceCreate) => {
      // What still runs is not started again: the runner gives the answer of then.
      if (isRunning) return started;
      await faults.start?.();
      isRunning = true;
      return started;
    },
    stop: async (instance_id: string) => {
      await faults.untilStopped;
      isRunning = false;
      const { reason = "terminated" } = faults;
      const data = { instance_id, exit_code: 0, reason, runtime_seconds: 1 };
      if (!departures.handleStopped(data)) told.push({ type: "instance.stopped", data });
    },
    logs: { remove: () => {} },
  };
  const departures = new Departures({
    self: () => "node-1",
    dataDir: root,
    notes: new DepartureNotes(root),
    runner: runner as never,
    notices: new Notices({ send: async (notice) => void told.push(notice), logger }),
    announce: async () => faults.announce?.(),
    locate: async (_, node = "controller") => {
      const answer = answers[node] ?? unreachable;
      if (answer instanceof RnpError) throw answer;
      return answer;
    },
    logger,
    now: () => clock.ms,
    quietMs: 100,
    abandonMs: 1000,
  });
  const wait = async (ms: number) => {
    clock.ms += ms;
    await departures.handleTimeout();
    await new Promise((resolve) => setImmediate(resolve));
  };
  const read = async (to = "node-2", place: object = {}) => {
    const pieces: InstanceChunk[] = [];
    const transfer = departures.transfer({ instance_id: "inst-1", ...place }, to);
    for await (const piece of transfer) pieces.push(piece);
    return pieces;
  };
  const state = () => (departures.has("inst-1") ? "held" : isRunning ? "running" : "gone");
  const files = () => readdir(folder).catch(() => []);
  const notes = () => readdir(join(root, "departures")).catch(() => []);
  const types = () => told.map(({ type }) => type);
  return { root, departures, answers, told, types, clock, wait, read, state, files, notes, folder };
}

const handover = (result: "taken" | "declined") => ({ instance_id: "inst-1", result });

describe("an instance that is read by another node", () => {
  it("is stopped and held until that node has taken it, and then forgotten", async () => {
    const { departures, read, state, types, files, notes } = await setup();
    expect(await read()).toHaveLength(2);
    expect(state()).toBe("held");
    expect(await notes()).toEqual(["inst-1.json"]);
    await departures.handover(handover("taken"), "node-2");
    expect(state()).toBe("gone");
    expect(await files()).toEqual([]);
    expect(await notes()).toEqual([]);
    // The target tells the controller, and nobody else.
    expect(types()).toEqual([]);
  });

  it("runs again when that node declines, and the controller hears of both", async () => {
    const { departures, read, state, told, notes } = await setup();
    await read();
    await departures.handover(handover("declined"), "node-2");
    expect(state()).toBe("running");
    expect(told).toMatchObject([
      { type: "instance.moving", data: { to: "node-1" } },
      { type: "instance.started" },
    ]);
    expect(await notes()).toEqual([]);
  });

  it("is not even stopped where the controller refuses", async () => {
    const announce = () => Promise.reject(new RnpError("UNAVAILABLE", "no controller"));
    const { read, state, notes } = await setup({ announce });
    await expect(read()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(state()).toBe("running");
    expect(await notes()).toEqual([]);
  });

  it("is not stopped where it could not be moved", async () => {
    const { read, state, folder } = await setup();
    await writeFile(join(folder, "a\\b"), "");
    await expect(read()).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect(state()).toBe("running");
  });

  it("goes to nobody else meanwhile, and is taken by nobody else", async () => {
    const { departures, read, state } = await setup();
    await read("node-2");
    await expect(read("node-3")).rejects.toMatchObject({ code: "CONFLICT" });
    await departures.handover(handover("taken"), "node-3");
    await departures.handover(handover("declined"), "node-3");
    expect(state()).toBe("held");
  });

  it("is stopped once by two transfers that begin at once", async () => {
    const announce = vi.fn(async () => {});
    const { read } = await setup({ announce });
    await Promise.all([read(), read()]);
    expect(announce).toHaveBeenCalledTimes(1);
  });

  it("is read on from where it was, and anew where its files have changed", async () => {
    const { read, folder } = await setup();
    const [first, second] = await read();
    const place = { snapshot: first!.snapshot, offset: second!.offset };
    expect(await read("node-2", place)).toEqual([second]);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await writeFile(join(folder, "data"), "CONTENT");
    await expect(read("node-2", place)).rejects.toMatchObject({ code: "CONFLICT" });
    expect((await read())[0]!.snapshot).not.toBe(first!.snapshot);
  });

  it("is not complete where a file changed while it was read", async () => {
    const { departures, folder } = await setup();
    const transfer = departures.transfer({ instance_id: "inst-1" }, "node-2");
    await transfer.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
    await writeFile(join(folder, "data"), "CONTENT");
    await transfer.next();
    await expect(transfer.next()).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("that came to its end just then is ended for all, and not moved", async () => {
    const { read, state, types, notes } = await setup({ reason: "exited" });
    await expect(read()).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(state()).toBe("gone");
    expect(types()).toEqual(["instance.stopped"]);
    expect(await notes()).toEqual([]);
  });

  it("that cannot be started again is ended for all", async () => {
    const start = () => Promise.reject(new RnpError("NOT_FOUND", "no script"));
    const { departures, read, state, types } = await setup({ start });
    await read();
    await departures.handover(handover("declined"), "node-2");
    expect(state()).toBe("gone");
    expect(types()).toEqual(["instance.moving", "instance.stopped"]);
  });

  it("is ended for all when its agent ends", async () => {
    const { departures, read, types, notes } = await setup();
    await read();
    await departures.close();
    expect(types()).toEqual(["instance.stopped"]);
    expect(await notes()).toEqual([]);
  });

  it("is unknown where none runs", async () => {
    const { departures } = await setup();
    const transfer = departures.transfer({ instance_id: "inst-2" }, "node-2");
    await expect(transfer.next()).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("a handover", () => {
  it.each([
    ["terminated", "running", ["instance.moving", "instance.started"]],
    ["exited", "gone", ["instance.moving", "instance.stopped"]],
  ])("may come before the instance has stopped, which is then %s", async (reason, end, said) => {
    let stop = () => {};
    const untilStopped = new Promise<void>((resolve) => {
      stop = resolve;
    });
    const { departures, read, state, types } = await setup({ untilStopped, reason });
    const reading = read().catch((error: unknown) => error);
    while (state() !== "held") await new Promise((resolve) => setTimeout(resolve, 1));
    const declining = departures.handover(handover("declined"), "node-2");
    stop();
    await declining;
    expect(await reading).toMatchObject({ code: "CONFLICT" });
    expect(state()).toBe(end);
    expect(types()).toEqual(said);
  });

  it("may come before the controller has agreed", async () => {
    let agree = () => {};
    const announce = () =>
      new Promise<void>((resolve) => {
        agree = resolve;
      });
    const { departures, read, state } = await setup({ announce });
    const reading = read().catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 20));
    const declining = departures.handover(handover("declined"), "node-2");
    agree();
    await declining;
    await reading;
    expect(state()).toBe("running");
  });

  it("may be told twice", async () => {
    const { departures, read } = await setup();
    await read();
    for (const _ of [1, 2]) await departures.handover(handover("taken"), "node-2");
  });

  it("that comes when the instance runs here again is a conflict", async () => {
    const { departures, read, state } = await setup();
    await read();
    await departures.handover(handover("declined"), "node-2");
    const late = departures.handover(handover("taken"), "node-2");
    await expect(late).rejects.toMatchObject({ code: "CONFLICT" });
    expect(state()).toBe("running");
  });
});

describe("an instance whose taker is silent", () => {
  it.each<[string, Record<string, InstanceLocation | RnpError>, number, string]>([
    ["is forgotten where the taker runs it", { "node-2": at("node-2") }, 100, "gone"],
    ["runs again where the taker does not have it", { "node-2": absent }, 100, "running"],
    ["is held while it is on its way there", { "node-2": at("node-2", "moving") }, 5000, "held"],
    ["is forgotten where the controller has it there", { controller: at("node-2") }, 100, "gone"],
    ["is held for a while else", { controller: at("node-1", "moving") }, 900, "held"],
    ["runs again after that", { controller: at("node-1", "moving") }, 1000, "running"],
    ["runs again also where no controller knows it", { controller: absent }, 1000, "running"],
    ["is held without end where nobody can be asked", {}, 100_000, "held"],
  ])("%s", async (_, said, silentMs, expected) => {
    const { answers, read, wait, state } = await setup();
    Object.assign(answers, said);
    await read();
    await wait(99);
    expect(state()).toBe("held");
    await wait(silentMs - 99);
    expect(state()).toBe(expected);
  });

  it("is given all the time again by each word that it is on its way", async () => {
    const { answers, read, wait, state } = await setup();
    answers["node-2"] = at("node-2", "moving");
    answers.controller = at("node-1", "moving");
    await read();
    await wait(900);
    answers["node-2"] = unreachable;
    await wait(900);
    expect(state()).toBe("held");
    await wait(100);
    expect(state()).toBe("running");
  });

  it("is left alone while it is being read", async () => {
    const { departures, answers, wait, state } = await setup();
    answers["node-2"] = absent;
    const transfer = departures.transfer({ instance_id: "inst-1" }, "node-2");
    await transfer.next();
    await wait(10_000);
    expect(state()).toBe("held");
    await transfer.return();
    await wait(100);
    expect(state()).toBe("running");
  });
});

describe("an agent that crashed while it held an instance", () => {
  it("holds it again, with the same snapshot", async () => {
    const before = await setup();
    const [first] = await before.read();
    const after = await setup({}, before.root);
    // `setup` has written the file anew; what counts is that the instance is held for the same node.
    await after.departures.recover();
    expect(after.state()).toBe("held");
    await expect(after.read("node-3")).rejects.toMatchObject({ code: "CONFLICT" });
    expect((await after.read("node-2"))[0]!.offset).toBe(first!.offset);
  });

  it("starts it again where the taker does not have it", async () => {
    const before = await setup();
    await before.read();
    const after = await setup({}, before.root);
    await after.departures.recover();
    after.answers["node-2"] = absent;
    await after.wait(0);
    expect(after.state()).toBe("running");
    expect(await after.notes()).toEqual([]);
  });
});
