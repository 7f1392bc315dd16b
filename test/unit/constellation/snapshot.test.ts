import { execFileSync } from "node:child_process";
import {
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  readlink,
  stat,
  symlink,
  truncate,
  utimes,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ArrivingInstance } from "../../../runtime/constellation/arriving-instance.js";
import { checksumOf } from "../../../runtime/constellation/file-manifest.js";
import { type Snapshot, takeSnapshot } from "../../../runtime/constellation/snapshot.js";
import {
  decodeManifest,
  encodeManifest,
  type SnapshotEntry,
} from "../../../runtime/constellation/snapshot-manifest.js";
import { snapshotPieces } from "../../../runtime/constellation/snapshot-pieces.js";
import type { InstanceChunk } from "../../../runtime/index.js";
import { recordingLogger, temporaryFolder } from "./support.js";

const create = { instance_id: "inst-1", name: "web", script: "web.mjs" };
const { logger } = recordingLogger();

/** A folder with a bit of everything, and the staging folder and place of its copy. */
async function setup() {
  const root = await temporaryFolder();
  const source = join(root, "source");
  await mkdir(join(source, "data", "deep"), { recursive: true });
  await mkdir(join(source, "empty"));
  await writeFile(join(source, "output.log"), "ready\n");
  await writeFile(join(source, "data", "a-first.bin"), Buffer.alloc(700_000, "abc"));
  await writeFile(join(source, "data", "deep", "none"), "");
  await writeFile(join(source, "data", "deep", "run.sh"), "exit 0", { mode: 0o755 });
  await writeFile(join(source, "data-beside"), "sorted between");
  await symlink("data/deep", join(source, "shortcut"));
  await symlink("../../output.log", join(source, "data", "deep", "log"));
  return { root, source, target: join(root, "target"), staging: join(root, "staging") };
}

async function piecesOf(snapshot: Snapshot, offset = 0): Promise<InstanceChunk[]> {
  const pieces: InstanceChunk[] = [];
  for await (const piece of snapshotPieces(snapshot, offset)) pieces.push(piece);
  return pieces;
}

function arriving(staging: string, freeBytes = 2 ** 40): ArrivingInstance {
  const options = { instanceId: "inst-1", staging, freeBytes: async () => freeBytes };
  return new ArrivingInstance(options);
}

async function copy(source: string, staging: string, target: string): Promise<void> {
  const snapshot = await takeSnapshot(source, create, logger);
  const copied = arriving(staging);
  for (const piece of await piecesOf(snapshot)) await copied.add(piece);
  expect(await copied.complete()).toEqual(create);
  await copied.settle(target);
}

describe("the copy of an instance's folder", () => {
  it("has the same files, permissions, times and links, and nothing else is left", async () => {
    const { root, source, staging, target } = await setup();
    await utimes(join(source, "output.log"), 1000, 2000);
    await chmod(join(source, "data-beside"), 0o400);
    await copy(source, staging, target);
    const names = await readdir(target, { recursive: true });
    expect(names.sort()).toEqual((await readdir(source, { recursive: true })).sort());
    for (const name of names) {
      const [from, to] = [join(source, name), join(target, name)];
      const [before, after] = [await lstat(from), await lstat(to)];
      expect({ name, mode: after.mode }).toEqual({ name, mode: before.mode });
      if (before.isSymbolicLink()) expect(await readlink(to)).toBe(await readlink(from));
      if (!before.isFile()) continue;
      expect((await readFile(to)).equals(await readFile(from))).toBe(true);
      // To the millisecond; a filesystem may round it off.
      expect(Math.abs(after.mtimeMs - before.mtimeMs)).toBeLessThan(2);
    }
    expect((await readdir(root)).sort()).toEqual(["source", "target"]);
  });

  it("of a folder without files is an empty folder", async () => {
    const { root, staging, target } = await setup();
    await copy(join(root, "source", "empty"), staging, target);
    expect(await readdir(target)).toEqual([]);
  });

  it("takes the place of what an earlier life of the instance left", async () => {
    const { source, staging, target } = await setup();
    await mkdir(join(target, "old"), { recursive: true });
    await copy(source, staging, target);
    expect(await readdir(target)).not.toContain("old");
  });

  it("leaves holes as holes", async () => {
    const { root, staging, target } = await setup();
    const source = join(root, "sparse");
    await mkdir(source);
    await writeFile(join(source, "disk.img"), "head");
    await truncate(join(source, "disk.img"), 20 * 1024 ** 2);
    const snapshot = await takeSnapshot(source, create, logger);
    const copied = arriving(staging, 1024 ** 2);
    for (const piece of await piecesOf(snapshot)) await copied.add(piece);
    await copied.complete();
    await copied.settle(target);
    const { size, blocks } = await stat(join(target, "disk.img"));
    expect(size).toBe(20 * 1024 ** 2);
    expect(blocks * 512).toBeLessThan(1024 ** 2);
  });

  it("leaves behind what means something only where it is", async () => {
    const { source, staging, target } = await setup();
    execFileSync("mkfifo", [join(source, "pipe")]);
    await writeFile(join(source, "process.json"), "{}");
    await copy(source, staging, target);
    const names = await readdir(target);
    for (const name of ["pipe", "process.json"]) {
      expect(names).not.toContain(name);
    }
  });
});

describe("the pieces of a snapshot", () => {
  it("are the same from any of them on", async () => {
    const { source } = await setup();
    const snapshot = await takeSnapshot(source, create, logger);
    const all = await piecesOf(snapshot);
    expect(all.length).toBeGreaterThan(3);
    for (const [index, { offset }] of all.entries()) {
      const again = await piecesOf(await takeSnapshot(source, create, logger), offset);
      expect(again.map((piece) => piece.checksum)).toEqual(
        all.slice(index).map((piece) => piece.checksum),
      );
    }
    expect(await piecesOf(snapshot, snapshot.totalBytes)).toEqual([]);
  });

  it.each<[string, (source: string) => Promise<void>]>([
    [
      "written to, with its time set back",
      async (source) => {
        const path = join(source, "output.log");
        const { atime, mtime } = await stat(path);
        await writeFile(path, "READY\n");
        await utimes(path, atime, mtime);
      },
    ],
    ["given other permissions", (source) => chmod(join(source, "output.log"), 0o600)],
    ["added", (source) => writeFile(join(source, "new"), "")],
    ["made a folder", (source) => mkdir(join(source, "new")).then(() => {})],
  ])("are of another snapshot when a file was %s", async (_, change) => {
    const { source } = await setup();
    await chmod(join(source, "output.log"), 0o644);
    const before = await takeSnapshot(source, create, logger);
    await new Promise((resolve) => setTimeout(resolve, 20));
    await change(source);
    expect((await takeSnapshot(source, create, logger)).id).not.toBe(before.id);
  });

  it("end with a conflict where a file has become shorter, or is gone", async () => {
    const { source } = await setup();
    const snapshot = await takeSnapshot(source, create, logger);
    await truncate(join(source, "data", "a-first.bin"), 10);
    await expect(piecesOf(snapshot)).rejects.toMatchObject({ code: "CONFLICT" });
    const other = await takeSnapshot(source, create, logger);
    execFileSync("rm", [join(source, "output.log")]);
    await expect(piecesOf(other)).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("never come through a link that has taken the place of a file", async () => {
    const { source } = await setup();
    const snapshot = await takeSnapshot(source, create, logger);
    execFileSync("rm", [join(source, "output.log")]);
    await symlink("/etc/passwd", join(source, "output.log"));
    await expect(piecesOf(snapshot)).rejects.toMatchObject({ code: "CONFLICT" });
  });
});

describe("a folder that cannot be moved", () => {
  it.each(["/etc/passwd", "../beside", "data/../../x", "shortcut/../.."])(
    "is one with a link to %s",
    async (target) => {
      const { source } = await setup();
      await symlink(target, join(source, "leading-out"));
      await expect(takeSnapshot(source, create, logger)).rejects.toMatchObject({
        code: "UNSUPPORTED",
        message: expect.stringContaining("leading-out"),
      });
    },
  );

  it("is one with a name that is no UTF-8, or means a path elsewhere", async () => {
    for (const name of [Buffer.from([0x61, 0xff]), Buffer.from("a\\b")]) {
      const { source } = await setup();
      await writeFile(Buffer.concat([Buffer.from(`${source}/`), name]), "");
      const taken = takeSnapshot(source, create, logger);
      await expect(taken).rejects.toMatchObject({ code: "UNSUPPORTED" });
    }
  });
});

const folder = (path: string, mode = 0o755): SnapshotEntry => ({ path, kind: "folder", mode });
const file = (path: string, facts: object = {}): SnapshotEntry =>
  ({
    path,
    kind: "file",
    mode: 0o644,
    size: 0,
    mtime_ms: 0,
    change: "",
    ...facts,
  }) as SnapshotEntry;
const link = (path: string, target: string): SnapshotEntry => ({ path, kind: "link", target });

describe("a manifest from another node", () => {
  it.each<[string, SnapshotEntry[]]>([
    ["an absolute path", [file("/etc/x")]],
    ["a path that leads up", [file("../x")]],
    ["a path that leads up in the middle", [folder("a"), file("a/../../x")]],
    ["a path with .", [file("./x")]],
    ["an empty path", [file("")]],
    ["a path with an empty part", [folder("a"), file("a//x")]],
    ["a path that ends with a slash", [file("x/")]],
    ["a path with a backslash", [file("..\\x")]],
    ["a path with a zero byte", [file("x\0y")]],
    ["a path that is too long", [file("x".repeat(5000))]],
    ["a path below nothing", [file("a/x")]],
    ["a path below a file", [file("a"), file("a/x")]],
    ["a path below a link", [link("a", "b"), file("a/x")]],
    ["a path twice", [file("x"), file("x")]],
    ["paths out of order", [file("y"), file("x")]],
    ["a link up and out", [link("x", "..")]],
    ["a link up and out of a folder", [folder("a"), link("a/x", "../..")]],
    ["an absolute link", [link("x", "/etc")]],
    ["a link that goes up behind another", [folder("a"), link("x", "a/..")]],
    ["a link to nothing", [link("x", "")]],
    ["a note of the agent", [file("process.json")]],
    ["a size below 0", [file("x", { size: -1 })]],
    ["a size that is no number", [file("x", { size: "1" })]],
    ["a set-user-id bit", [file("x", { mode: 0o4755 })]],
    ["an unknown kind", [file("x", { kind: "device" })]],
  ])("is refused with %s", (_, entries) => {
    const { bytes } = encodeManifest({ version: 1, create, disk_bytes: 0, entries });
    const decoding = () => decodeManifest(bytes, "inst-1");
    expect(decoding).toThrowError(expect.objectContaining({ code: "PROTOCOL_ERROR" }));
  });

  it.each<[string, object]>([
    ["no JSON", Buffer.from("{")],
    ["no UTF-8", Buffer.from([0x22, 0xff, 0x22])],
    ["a list", Buffer.from("[]")],
    ["another version", { version: 2 }],
    ["another instance", { create: { ...create, instance_id: "inst-2" } }],
    ["no instance", { create: { instance_id: "inst-1" } }],
    ["no entries", { entries: undefined }],
    ["no size on disk", { disk_bytes: -1 }],
  ])("is refused that is or has %s", (_, change) => {
    const right = { version: 1, create, disk_bytes: 0, entries: [] };
    const bytes = Buffer.isBuffer(change)
      ? change
      : Buffer.from(JSON.stringify({ ...right, ...change }));
    const decoding = () => decodeManifest(bytes, "inst-1");
    expect(decoding).toThrowError(expect.objectContaining({ code: "PROTOCOL_ERROR" }));
  });

  it("may hold links within the folder", () => {
    const entries = [folder("a"), link("a/up", ".."), link("b", "a/up"), link("c", "a")];
    const { bytes } = encodeManifest({ version: 1, create, disk_bytes: 0, entries });
    expect(decodeManifest(bytes, "inst-1").entries).toEqual(entries);
  });
});

describe("an arriving instance", () => {
  async function somePieces() {
    const { source, staging } = await setup();
    const pieces = await piecesOf(await takeSnapshot(source, create, logger));
    const instance = arriving(staging);
    onTestFinished(() => instance.discard());
    return { pieces, staging, instance };
  }

  it.each<[string, (piece: InstanceChunk) => Partial<InstanceChunk>]>([
    ["bytes that were damaged", ({ chunk_data }) => ({ chunk_data: chunk_data.subarray(1) })],
    ["a piece that leaves a gap", ({ offset }) => ({ offset: offset + 1 })],
    ["a piece of another snapshot", () => ({ snapshot: checksumOf(Buffer.of()) })],
    ["another size", ({ total_bytes }) => ({ total_bytes: total_bytes + 1 })],
    ["no bytes", () => ({ chunk_data: Buffer.of(), checksum: checksumOf(Buffer.of()) })],
    [
      "more bytes than there are",
      (piece) => {
        const chunk_data = Buffer.alloc(piece.total_bytes + 1);
        return { chunk_data, checksum: checksumOf(chunk_data) };
      },
    ],
  ])("refuses %s", async (_, change) => {
    const { pieces, instance } = await somePieces();
    await instance.add(pieces[0]!);
    const damaged = { ...pieces[1]!, ...change(pieces[1]!) };
    await expect(instance.add(damaged)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  it("refuses a manifest that is not the one of the snapshot", async () => {
    const { pieces, instance, staging } = await somePieces();
    const text = Buffer.from(pieces[0]!.chunk_data).toString();
    const chunk_data = Buffer.from(text.replace('"web"', '"wab"'));
    expect(chunk_data.toString()).not.toBe(text);
    const forged = { ...pieces[0]!, chunk_data, checksum: checksumOf(chunk_data) };
    await expect(instance.add(forged)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
    await expect(readdir(staging)).rejects.toThrow("ENOENT");
  });

  it("refuses a manifest whose files are more or less than what is to come", async () => {
    const { pieces, instance } = await somePieces();
    const longer = { ...pieces[0]!, total_bytes: pieces[0]!.total_bytes + 1 };
    await expect(instance.add(longer)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  it("refuses a piece that is partly manifest and partly contents", async () => {
    const { pieces, instance } = await somePieces();
    const chunk_data = Buffer.concat([pieces[0]!.chunk_data, pieces[1]!.chunk_data]);
    const both = { ...pieces[0]!, chunk_data, checksum: checksumOf(chunk_data) };
    await expect(instance.add(both)).rejects.toMatchObject({
      message: expect.stringContaining("/chunk_data"),
    });
  });

  it("is not complete before its last byte", async () => {
    const { pieces, instance } = await somePieces();
    for (const piece of pieces.slice(0, -1)) await instance.add(piece);
    await expect(instance.complete()).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  it("is refused with the numbers where the disk has no room, before a file is written", async () => {
    const { pieces, staging } = await somePieces();
    const instance = arriving(staging, 300_000);
    await expect(instance.add(pieces[0]!)).rejects.toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      details: { requested_disk_mb: 1, available_disk_mb: 0 },
    });
    await instance.discard();
    await expect(readdir(staging)).rejects.toThrow("ENOENT");
  });

  it("leaves nothing when it is given up in the middle", async () => {
    const { pieces, instance, staging } = await somePieces();
    for (const piece of pieces.slice(0, 2)) await instance.add(piece);
    await instance.discard();
    await expect(readdir(staging)).rejects.toThrow("ENOENT");
  });
});
