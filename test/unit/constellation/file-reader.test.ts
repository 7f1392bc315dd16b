import { writeFile as writeLocal } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { FileSourceNode } from "../../../runtime/constellation/file-holders.js";
import { CHUNK_SIZE_MAX, checksumOf } from "../../../runtime/constellation/file-manifest.js";
import { readFile, streamFile } from "../../../runtime/constellation/file-reader.js";
import { FileStore } from "../../../runtime/constellation/file-store.js";
import { type Replica, writeFile } from "../../../runtime/constellation/file-writer.js";
import { type FsChunk, type FsRead, type Member, RnpError } from "../../../runtime/index.js";
import { recordingLogger, temporaryFolder } from "./support.js";

/** What a node does to its answers: it may throw, wait, or change a piece. */
type Fault = (piece: FsChunk, request: FsRead) => FsChunk | Promise<FsChunk>;

/** Storage nodes in this process that hold nothing yet. */
async function cluster(names: string[], faults: Record<string, Fault> = {}) {
  const stores = new Map<string, FileStore>();
  const { logger } = recordingLogger();
  for (const name of names) {
    const root = await temporaryFolder();
    stores.set(name, await FileStore.open({ root, logger, now: () => 0 }));
  }
  const members = names.map((node): Member => {
    const capabilities = ["filesystem"];
    return { node, role: "node", state: "alive", capabilities, metadata: {}, since: 0 };
  });
  /** What each node was asked for, in order; questions for no bytes left out. */
  const asked: (FsRead & { node: string })[] = [];
  const source = (node: string): FileSourceNode & Replica => ({
    write: async (manifest) => stores.get(node)!.write(manifest),
    replicate: async (chunk) => stores.get(node)!.replicate(chunk),
    async *read(request) {
      if (request.length !== 0) asked.push({ node, ...request });
      for await (const piece of stores.get(node)!.read(request)) {
        yield (await faults[node]?.(piece, request)) ?? piece;
      }
    },
  });
  const network = {
    id: "reader",
    memberList: () => members,
    peer: (node: string) => ({ fs: source(node) }),
  };
  const store = async (node: string, path: string, bytes: Uint8Array) => {
    const only = { ...network, memberList: () => members.filter((each) => each.node === node) };
    await writeFile(only, path, bytes, { replicationFactor: 1 });
  };
  return { network, stores, members, store, asked };
}

const fail: Fault = () => {
  throw new RnpError("UNAVAILABLE", "the connection was lost");
};
/** Farther away than the others. */
const far: Fault = async (piece, { length }) => {
  if (length === 0) await new Promise((resolve) => setTimeout(resolve, 30));
  return piece;
};
const bytes = Buffer.alloc(2 * CHUNK_SIZE_MAX + 5);
for (let index = 0; index < bytes.length; index += 4) bytes.writeUInt8(index % 251, index);

describe("reading a file", () => {
  it("gives what was written, in verified pieces of at most 1 MiB", async () => {
    const { network, store } = await cluster(["a", "b"]);
    await store("b", "/data.bin", bytes);
    const sizes: number[] = [];
    for await (const piece of streamFile(network, "/data.bin")) sizes.push(piece.length);
    expect(sizes).toEqual([CHUNK_SIZE_MAX, CHUNK_SIZE_MAX, 5]);
    expect(bytes.equals(await readFile(network, "/data.bin"))).toBe(true);
  });

  it("gives an empty file", async () => {
    const { network, store } = await cluster(["a"]);
    await store("a", "/empty", Buffer.of());
    expect(await readFile(network, "/empty")).toEqual(Buffer.of());
  });

  it.each([
    [{ offset: 3, length: 4 }, 3, 7],
    [{ offset: bytes.length - 2, length: 100 }, bytes.length - 2, bytes.length],
    [{ offset: bytes.length + 1 }, 0, 0],
    [{ length: 0 }, 0, 0],
  ])("gives the range %o", async (range, from, to) => {
    const { network, store } = await cluster(["a"]);
    await store("a", "/data.bin", bytes);
    const got = await readFile(network, "/data.bin", range);
    expect(bytes.subarray(from, to).equals(got)).toBe(true);
  });

  it("reads from the node that answers first", async () => {
    const { network, store, asked } = await cluster(["far", "near"], { far });
    for (const node of ["far", "near"]) await store(node, "/x", Buffer.from("x"));
    await readFile(network, "/x");
    expect(asked).toMatchObject([{ node: "near" }]);
  });

  it("goes on with the next node where one fails, at the byte where it failed", async () => {
    const breaking: Fault = (piece, request) =>
      piece.offset >= CHUNK_SIZE_MAX ? fail(piece, request) : piece;
    const { network, store, asked } = await cluster(["a", "b"], { a: breaking, b: far });
    for (const node of ["a", "b"]) await store(node, "/data.bin", bytes);
    const checksum = checksumOf(bytes);
    expect(bytes.equals(await readFile(network, "/data.bin"))).toBe(true);
    expect(asked).toMatchObject([
      { node: "a", offset: 0, checksum },
      { node: "b", offset: CHUNK_SIZE_MAX, checksum },
    ]);
  });

  it.each<[string, Fault]>([
    ["other bytes", (piece) => ({ ...piece, chunk_data: Buffer.alloc(piece.chunk_data.length) })],
    ["pieces with a gap", (piece) => ({ ...piece, offset: piece.offset + 1 })],
    ["more than was asked for", (piece) => ({ ...piece, chunk_data: Buffer.alloc(20) })],
  ])("takes no %s from a node, and goes on with the next", async (_, fault) => {
    const onlyContent: Fault = (piece, request) =>
      request.length === 0 ? piece : fault(piece, request);
    const { network, store, asked } = await cluster(["bad", "good"], {
      bad: onlyContent,
      good: far,
    });
    for (const node of ["bad", "good"]) await store(node, "/x", Buffer.from("right bytes"));
    expect(Buffer.from(await readFile(network, "/x")).toString()).toBe("right bytes");
    expect(asked.map(({ node }) => node)).toEqual(["bad", "good"]);
  });

  it("goes on with another node where one has decayed on its disk", async () => {
    const { network, stores, store } = await cluster(["rotten", "sound"], { sound: far });
    for (const node of ["rotten", "sound"]) await store(node, "/x", Buffer.from("right"));
    await writeLocal(stores.get("rotten")!.files()[0]!.localPath, "wrong");
    expect(Buffer.from(await readFile(network, "/x")).toString()).toBe("right");
    const streaming = async () => {
      for await (const _ of streamFile(network, "/x"));
    };
    const damage = { message: expect.stringContaining("what rotten gave") };
    await expect(streaming()).rejects.toMatchObject(damage);
    await writeLocal(stores.get("sound")!.files()[0]!.localPath, "worse");
    await expect(readFile(network, "/x")).rejects.toMatchObject({ code: "INTERNAL_ERROR" });
  });

  it("says which nodes failed, and why, when all have", async () => {
    const onlyContent: Fault = (piece, request) =>
      request.length === 0 ? piece : fail(piece, request);
    const { network, store } = await cluster(["a", "b"], { a: onlyContent, b: onlyContent });
    for (const node of ["a", "b"]) await store(node, "/x", Buffer.from("x"));
    await expect(readFile(network, "/x")).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringMatching(/at byte 0: .*a: .*the connection was lost/),
    });
  });

  it("tells a file that nobody holds from one whose holders may be silent", async () => {
    const { network, members } = await cluster(["a", "b"]);
    await expect(readFile(network, "/x")).rejects.toMatchObject({ code: "NOT_FOUND" });
    members.push({ ...members[0]!, node: "gone" });
    const lost = { ...network, peer: (node: string) => network.peer(node === "gone" ? "?" : node) };
    await expect(readFile(lost, "/x")).rejects.toMatchObject({
      code: "UNAVAILABLE",
      message: expect.stringContaining("gone: "),
    });
  });

  it("asks no node that is suspect, dead or stores nothing", async () => {
    const { network, members, store } = await cluster(["a", "b"]);
    await store("a", "/x", Buffer.from("x"));
    await store("b", "/x", Buffer.from("x"));
    members[0] = { ...members[0]!, state: "suspect" };
    members[1] = { ...members[1]!, capabilities: [] };
    await expect(readFile(network, "/x")).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("reads the version that was stored last, where nodes hold several", async () => {
    const { network, store } = await cluster(["a", "b"]);
    await store("b", "/x", Buffer.from("old"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    await store("a", "/x", Buffer.from("new"));
    expect(Buffer.from(await readFile(network, "/x")).toString()).toBe("new");
  });

  it("reads the version that is insisted on, and no other", async () => {
    const { network, store } = await cluster(["a", "b"]);
    await store("a", "/x", Buffer.from("new"));
    await store("b", "/x", Buffer.from("old"));
    for (const text of ["old", "new"]) {
      const checksum = checksumOf(Buffer.from(text));
      expect(Buffer.from(await readFile(network, "/x", { checksum })).toString()).toBe(text);
    }
    const absent = readFile(network, "/x", { checksum: checksumOf(Buffer.from("other")) });
    await expect(absent).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("goes on with another node when one sends nothing more", async () => {
    const silent: FileSourceNode = {
      async *read(request, options) {
        if (request.length === 0) return yield* stores.get("a")!.read(request);
        const { signal } = options!;
        await new Promise((_, reject) => {
          signal!.addEventListener("abort", () => reject(signal!.reason), { once: true });
        });
      },
    };
    const { network, store, stores } = await cluster(["a", "b"], { b: far });
    for (const node of ["a", "b"]) await store(node, "/x", Buffer.from("x"));
    const half = {
      ...network,
      peer: (node: string) => (node === "a" ? { fs: silent } : network.peer(node)),
    };
    const got = await readFile(half, "/x", { pieceTimeoutMs: 30 });
    expect(Buffer.from(got).toString()).toBe("x");
  });

  it("is given up when asked", async () => {
    const { network, store } = await cluster(["a"]);
    await store("a", "/data.bin", bytes);
    const stop = new AbortController();
    const reading = async () => {
      for await (const _ of streamFile(network, "/data.bin", { signal: stop.signal })) stop.abort();
    };
    await expect(reading()).rejects.toMatchObject({ code: "CANCELLED" });
    const late = readFile(network, "/data.bin", { signal: stop.signal });
    await expect(late).rejects.toMatchObject({ code: "CANCELLED" });
  });

  it.each(["/../x", "x", "/a//b", "/"])("refuses the path %s", async (path) => {
    const { network, stores } = await cluster(["a"]);
    await expect(readFile(network, path)).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
    const asking = stores.get("a")!.read({ path }).next();
    await expect(asking).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});

describe("a store that is read", () => {
  it("finishes the version that it began, though another one takes its place", async () => {
    const { stores, store } = await cluster(["a"]);
    await store("a", "/data.bin", bytes);
    const reading = stores.get("a")!.read({ path: "/data.bin" });
    const parts = [(await reading.next()).value as FsChunk];
    await store("a", "/data.bin", Buffer.from("new"));
    for await (const piece of reading) parts.push(piece);
    expect(bytes.equals(Buffer.concat(parts.map(({ chunk_data }) => chunk_data)))).toBe(true);
  });

  it("gives no more than it has of a file that was cut short on its disk", async () => {
    const { stores, store } = await cluster(["a"]);
    await store("a", "/x", Buffer.from("longer"));
    await writeLocal(stores.get("a")!.files()[0]!.localPath, "");
    await expect(stores.get("a")!.read({ path: "/x" }).next()).rejects.toThrow("shorter");
  });
});
