import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { Arrivals } from "../../../runtime/constellation/arrivals.js";
import { takeSnapshot } from "../../../runtime/constellation/snapshot.js";
import { snapshotPieces } from "../../../runtime/constellation/snapshot-pieces.js";
import {
  type InstanceChunk,
  type InstanceCreate,
  type InstanceHandover,
  type InstanceProgress,
  type InstanceTransfer,
  RnpError,
} from "../../../runtime/index.js";
import { recordingLogger, temporaryFolder, until } from "./support.js";

const create = { instance_id: "inst-1", name: "web", script: "web.mjs" };
const move = { instance_id: "inst-1", from: "node-1" };
const lost = new RnpError("UNAVAILABLE", "the connection was lost");
const conflict = new RnpError("CONFLICT", "no");

interface Faults {
  /** Where the controller has the instance. */
  readonly node?: string;
  /** Called before each piece, with its number over all transfers; may throw. */
  readonly onPiece?: (count: number) => void;
  readonly onStart?: () => void;
  readonly onHandover?: (data: InstanceHandover) => void;
}

/** The arrivals of node-2; the instance comes from a folder of this test. */
async function setup({ node = "node-1", onPiece, onStart, onHandover }: Faults = {}) {
  const root = await temporaryFolder();
  const source = join(root, "source");
  await mkdir(source);
  await writeFile(join(source, "data"), Buffer.alloc(300_000, "x"));
  const { logger } = recordingLogger();
  const running = new Set<string>();
  const handovers: InstanceHandover[] = [];
  const requests: InstanceTransfer[] = [];
  let pieceCount = 0;
  async function* transfer(request: InstanceTransfer): AsyncGenerator<InstanceChunk, void> {
    requests.push(request);
    const snapshot = await takeSnapshot(source, create, logger);
    if ((request.snapshot ?? snapshot.id) !== snapshot.id) throw conflict;
    for await (const piece of snapshotPieces(snapshot, request.offset ?? 0)) {
      pieceCount += 1;
      onPiece?.(pieceCount);
      yield piece;
    }
  }
  const arrivals = new Arrivals({
    self: () => "node-2",
    dataDir: root,
    runner: {
      has: (id: string) => running.has(id),
      check: async () => {},
      start: async ({ instance_id }: InstanceCreate) => {
        onStart?.();
        running.add(instance_id);
        return { instance_id, pid: 1, startup_time_ms: 1 };
      },
      stop: async (id: string) => void running.delete(id),
      logs: { remove: () => {} },
    } as never,
    source: async () => ({
      transfer,
      handover: async (data) => {
        handovers.push(data);
        onHandover?.(data);
      },
    }),
    locate: async () => ({ instance_id: "inst-1", node }),
    logger,
    random: () => 0,
    progressIntervalMs: 5,
  });
  const take = async (signal = new AbortController().signal) => {
    const told: InstanceProgress[] = [];
    for await (const progress of arrivals.move(move, signal)) told.push(progress);
    return told;
  };
  const folder = join(root, "instances", "inst-1");
  const staged = () => readdir(join(root, "arriving")).catch(() => []);
  return { source, arrivals, running, handovers, requests, take, folder, staged };
}

describe("taking an instance over", () => {
  it("tells how far it is, and the source when it runs here", async () => {
    const { take, running, handovers, folder, staged, arrivals } = await setup();
    const told = await take();
    expect(told[0]).toMatchObject({ bytes: 0, total_bytes: 0, state: "transferring" });
    const last = told.at(-1)!;
    expect(last).toMatchObject({ state: "done", bytes: last.total_bytes });
    expect(running).toEqual(new Set(["inst-1"]));
    expect(handovers).toEqual([{ instance_id: "inst-1", result: "taken" }]);
    expect((await readFile(join(folder, "data"))).length).toBe(300_000);
    expect(await staged()).toEqual([]);
    expect(arrivals.has("inst-1")).toBe(false);
  });

  it("goes on after the last piece where the connection breaks", async () => {
    const onPiece = (count: number) => {
      if (count % 3 === 0) throw lost;
    };
    const { take, requests, folder } = await setup({ onPiece });
    await take();
    expect(requests.length).toBeGreaterThan(2);
    const offsets = requests.map(({ offset = 0 }) => offset);
    expect(offsets).toEqual([...new Set(offsets)].sort((a, b) => a - b));
    expect(new Set(requests.slice(1).map(({ snapshot }) => snapshot)).size).toBe(1);
    expect((await readFile(join(folder, "data"))).length).toBe(300_000);
  });

  it("begins anew where the files have changed, but not without end", async () => {
    let changes = 0;
    const { take, source, requests, staged, handovers } = await setup({
      onPiece: () => {
        changes += 1;
        throw conflict;
      },
    });
    await writeFile(join(source, "other"), "");
    await expect(take()).rejects.toMatchObject({ code: "CONFLICT" });
    expect(changes).toBe(4);
    expect(requests.every(({ snapshot }) => snapshot === undefined)).toBe(true);
    expect(await staged()).toEqual([]);
    expect(handovers).toMatchObject([{ result: "declined" }]);
  });

  it("gives up where nothing comes any more, and lets the source know", async () => {
    const { take, requests, handovers, staged, running } = await setup({
      onPiece: () => {
        throw lost;
      },
    });
    await expect(take()).rejects.toMatchObject({ code: "UNAVAILABLE" });
    expect(requests).toHaveLength(11);
    expect(handovers).toMatchObject([
      { result: "declined", reason: expect.stringContaining("the connection was lost") },
    ]);
    expect(await staged()).toEqual([]);
    expect(running.size).toBe(0);
  });

  it("leaves nothing where the instance does not start", async () => {
    const { take, folder, handovers } = await setup({
      onStart: () => {
        throw new RnpError("TIMEOUT", "it does not listen");
      },
    });
    await expect(take()).rejects.toMatchObject({ code: "TIMEOUT" });
    await expect(readdir(folder)).rejects.toThrow("ENOENT");
    expect(handovers).toMatchObject([{ result: "declined" }]);
  });

  it("reads nothing where the controller has the instance elsewhere", async () => {
    const { take, requests, handovers } = await setup({ node: "node-3" });
    await expect(take()).rejects.toMatchObject({ code: "CONFLICT" });
    expect({ requests, handovers }).toEqual({ requests: [], handovers: [] });
  });

  it("tells the source again until it has heard", async () => {
    let failureCount = 0;
    const { take, handovers } = await setup({
      onHandover: () => {
        failureCount += 1;
        if (failureCount < 3) throw lost;
      },
    });
    await take();
    await until(() => handovers.length === 3);
  });

  it("stops the instance where the source has started its own again", async () => {
    const { take, running } = await setup({
      onHandover: () => {
        throw conflict;
      },
    });
    await take();
    await until(() => running.size === 0);
  });

  it("is given up by whoever ordered it", async () => {
    const stop = new AbortController();
    const onPiece = (count: number) => {
      if (count === 3) stop.abort();
    };
    const { take, handovers, running, staged } = await setup({ onPiece });
    await expect(take(stop.signal)).rejects.toMatchObject({ code: "CANCELLED" });
    expect(handovers).toMatchObject([{ result: "declined" }]);
    expect(running.size).toBe(0);
    expect(await staged()).toEqual([]);
  });

  it("is given up when the agent ends, before that is over", async () => {
    let closing: Promise<void> | undefined;
    const onPiece = (count: number) => {
      if (count === 2) closing = arrivals.close();
    };
    const { arrivals, take, handovers } = await setup({ onPiece });
    const taking = take().catch((error: unknown) => error);
    await until(() => closing !== undefined);
    await closing;
    expect(handovers).toMatchObject([{ result: "declined" }]);
    expect(await taking).toMatchObject({ code: "CANCELLED" });
    await expect(take()).rejects.toMatchObject({ code: "UNAVAILABLE" });
  });

  it("is refused for one that is here, is on its way, or is one too many", async () => {
    const { arrivals, running } = await setup({ onPiece: () => {} });
    const { signal } = new AbortController();
    const first = (order: object) => arrivals.move({ ...move, ...order }, signal).next();
    running.add("inst-0");
    await expect(first({ instance_id: "inst-0" })).rejects.toMatchObject({
      code: "ALREADY_EXISTS",
    });
    await expect(first({ from: "node-2" })).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    for (const id of ["a", "b", "c", "d"]) void first({ instance_id: id });
    await expect(first({ instance_id: "a" })).rejects.toMatchObject({ code: "CONFLICT" });
    await expect(first({ instance_id: "e" })).rejects.toMatchObject({ code: "QUOTA_EXCEEDED" });
    await arrivals.close();
  });
});
