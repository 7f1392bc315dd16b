import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checksumOf, fileId } from "../../../runtime/constellation/file-manifest.js";
import { FileStore, type FileStoreOptions } from "../../../runtime/constellation/file-store.js";
import { recordingLogger, temporaryFolder } from "./support.js";

async function setup(options: Partial<FileStoreOptions> = {}) {
  const root = options.root ?? (await temporaryFolder());
  const { logger, lines } = recordingLogger();
  const clock = { ms: 0 };
  const store = await FileStore.open({ root, logger, now: () => clock.ms, ...options });
  const incoming = () => readdir(join(root, "incoming"));
  return { root, store, lines, clock, incoming };
}

/** A file cut into chunks, each of which is right. */
function fileOf(path: string, ...parts: string[]) {
  const bytes = Buffer.from(parts.join(""));
  const checksum = checksumOf(bytes);
  const chunks = parts.length;
  const manifest = { path, size: bytes.length, checksum, chunks, replication_factor: 1 };
  const file_id = fileId(manifest);
  const messages = parts.map((part, chunk_id) => {
    const chunk_data = Buffer.from(part);
    return { file_id, chunk_id, chunk_data, checksum: checksumOf(chunk_data) };
  });
  return { manifest, messages, text: parts.join("") };
}

async function send(store: FileStore, file: ReturnType<typeof fileOf>): Promise<void> {
  await store.write(file.manifest);
  for (const message of file.messages) await store.replicate(message);
}

const read = (root: string, path: string) => readFile(join(root, "files", path), "utf8");

describe("the id of a file", () => {
  it("is made of its path and its checksum", () => {
    const checksum = "sha256:c449376ec05438f6d5e47bfd23d65fa67b8224c6bab4c14e8c08314d11e33922";
    expect(fileId({ path: "/cluster/config.json", checksum })).toBe(
      "file-7a1d9e275220d354c01c675ba638e47b",
    );
  });
});

describe("the file store", () => {
  it("shows a file when its last chunk has come, in whatever order", async () => {
    const { root, store, incoming } = await setup();
    const file = fileOf("/cluster/config.json", "one ", "two ", "three");
    await store.write(file.manifest);
    await store.replicate(file.messages[2]!);
    await store.replicate(file.messages[0]!);
    await expect(read(root, "cluster/config.json")).rejects.toThrow("ENOENT");
    expect(store.files()).toEqual([]);
    await store.replicate(file.messages[1]!);
    expect(await read(root, "cluster/config.json")).toBe("one two three");
    expect(store.files()).toEqual([
      {
        path: "/cluster/config.json",
        localPath: join(root, "files", "cluster", "config.json"),
        manifest: file.manifest,
      },
    ]);
    expect(await incoming()).toEqual([]);
  });

  it("keeps an empty file", async () => {
    const { root, store } = await setup();
    await send(store, fileOf("/empty", ""));
    expect(await read(root, "empty")).toBe("");
  });

  it("takes chunks in parallel", async () => {
    const { root, store } = await setup();
    const file = fileOf("/a", ..."abcdefghij");
    await store.write(file.manifest);
    await Promise.all([...file.messages, ...file.messages].map((each) => store.replicate(each)));
    expect(await read(root, "a")).toBe("abcdefghij");
  });

  it("replaces the content of a path at once, and can go back to the older content", async () => {
    const { root, store } = await setup();
    for (const text of ["old", "new", "old"]) {
      await send(store, fileOf("/a", text));
      expect(await read(root, "a")).toBe(text);
    }
    expect(store.files()).toHaveLength(1);
    expect(await readdir(join(root, "index"))).toHaveLength(1);
  });

  it("lets duplicates do no harm, before and after the file is complete", async () => {
    const { root, store } = await setup();
    const file = fileOf("/a", "one", "two");
    await store.write(file.manifest);
    await store.replicate(file.messages[0]!);
    await store.write(file.manifest);
    await store.replicate(file.messages[0]!);
    await store.replicate(file.messages[1]!);
    await store.replicate(file.messages[1]!);
    await store.write(file.manifest);
    await store.replicate(file.messages[0]!);
    expect(await read(root, "a")).toBe("onetwo");
  });

  it("continues after a restart where it was", async () => {
    const { root, store } = await setup();
    const file = fileOf("/a", "one", "two");
    await store.write(file.manifest);
    await store.replicate(file.messages[0]!);
    const { store: reopened } = await setup({ root });
    await reopened.replicate(file.messages[1]!);
    expect(await read(root, "a")).toBe("onetwo");
    const { store: again } = await setup({ root });
    expect(again.files().map(({ path }) => path)).toEqual(["/a"]);
    await again.replicate(file.messages[1]!);
  });

  it("finishes after a crash what had all its chunks, and forgets what had no manifest", async () => {
    const { root, store, incoming } = await setup();
    const file = fileOf("/a", "one", "two");
    await store.write(file.manifest);
    await store.replicate(file.messages[0]!);
    await writeFile(join(root, "incoming", fileId(file.manifest), "1"), "two");
    await mkdir(join(root, "incoming", "file-half"));
    await setup({ root });
    expect(await read(root, "a")).toBe("onetwo");
    expect(await incoming()).toEqual([]);
  });
});

describe("a chunk", () => {
  it("with a wrong checksum is refused, saying what was expected and what came", async () => {
    const { root, store } = await setup();
    const file = fileOf("/a", "one", "two");
    await store.write(file.manifest);
    const [first] = file.messages;
    const bad = store.replicate({ ...first!, chunk_data: Buffer.from("oNe") });
    await expect(bad).rejects.toMatchObject({
      code: "PROTOCOL_ERROR",
      details: {
        pointer: "/checksum",
        expected: first!.checksum,
        got: checksumOf(Buffer.from("oNe")),
      },
    });
    await send(store, file);
    expect(await read(root, "a")).toBe("onetwo");
  });

  it("of a file that nobody announced is not found", async () => {
    const { store } = await setup();
    const refused = store.replicate(fileOf("/a", "one").messages[0]!);
    await expect(refused).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("must belong to the file: not beyond its chunks, not beyond its size", async () => {
    const { store } = await setup();
    const file = fileOf("/a", "one", "two");
    await store.write(file.manifest);
    const beyond = store.replicate({ ...file.messages[0]!, chunk_id: 2 });
    await expect(beyond).rejects.toThrow(/chunk_id: expected below 2, got 2/);
    const chunk_data = Buffer.from("larger than it all");
    const large = { ...file.messages[0]!, chunk_data, checksum: checksumOf(chunk_data) };
    await expect(store.replicate(large)).rejects.toThrow(/at most 6 bytes.*got 18 bytes/);
  });

  it("that makes the whole wrong ends the file, which may then be sent anew", async () => {
    const { root, store, incoming } = await setup();
    const file = fileOf("/a", "one", "two");
    const chunk_data = Buffer.from("owt");
    await store.write(file.manifest);
    await store.replicate(file.messages[0]!);
    const wrong = { ...file.messages[1]!, chunk_data, checksum: checksumOf(chunk_data) };
    await expect(store.replicate(wrong)).rejects.toMatchObject({
      code: "PROTOCOL_ERROR",
      details: { expected: file.manifest.checksum },
    });
    expect(await incoming()).toEqual([]);
    await send(store, file);
    expect(await read(root, "a")).toBe("onetwo");
  });
});

describe("an announced file", () => {
  it.each([
    "/../a",
    "/a/../../b",
    "a",
    "",
    "/",
    "/a//b",
    "/a/",
    "/a/./b",
    "/a\\b",
    "/a\0b",
    `/${"x".repeat(256)}`,
  ])("cannot have the path %j", async (path) => {
    const { store } = await setup();
    const refused = store.write({ ...fileOf("/a", "one").manifest, path });
    await expect(refused).rejects.toMatchObject({ code: "PROTOCOL_ERROR" });
  });

  it("cannot have chunks that its size has no use for", async () => {
    const { store } = await setup();
    const { manifest } = fileOf("/a", "one");
    await expect(store.write({ ...manifest, chunks: 4 })).rejects.toThrow(/1 to 3 chunks for 3/);
    const large = { ...manifest, size: 3 * 1024 ** 2, chunks: 2 };
    await expect(store.write(large)).rejects.toThrow(/expected 3 to/);
  });

  it("cannot take the place of a folder, nor lie below a file", async () => {
    const { store } = await setup();
    await send(store, fileOf("/a/b", "one"));
    for (const path of ["/a", "/a/b/c"]) {
      const refused = store.write(fileOf(path, "x").manifest);
      await expect(refused).rejects.toMatchObject({
        code: "ALREADY_EXISTS",
        details: { id: path },
      });
    }
  });

  it("does not follow a link out of the store", async () => {
    const { root, store } = await setup();
    await symlink(await temporaryFolder(), join(root, "files", "out"));
    await expect(store.write(fileOf("/out/a", "x").manifest)).rejects.toThrow(/leads out/);
  });

  it("is refused when it is too large, or when too many are arriving", async () => {
    const { store } = await setup({ fileSizeMax: 5, incomingCountMax: 1 });
    const refused = store.write(fileOf("/a", "123456").manifest);
    await expect(refused).rejects.toMatchObject({
      code: "QUOTA_EXCEEDED",
      details: { quota: "file_size", limit: 5, requested: 6 },
    });
    await store.write(fileOf("/b", "1").manifest);
    const second = store.write(fileOf("/c", "2").manifest);
    await expect(second).rejects.toMatchObject({ details: { quota: "incoming_files", used: 1 } });
  });

  it("is refused with numbers when the disk has no room", async () => {
    const { store } = await setup({ fileSizeMax: 2 ** 50 });
    const size = 2 ** 40;
    const refused = store.write({ ...fileOf("/a", "x").manifest, size, chunks: 2 ** 20 });
    await expect(refused).rejects.toMatchObject({
      code: "RESOURCE_EXHAUSTED",
      details: { requested_disk_mb: 2 ** 21, available_disk_mb: expect.any(Number) },
    });
  });

  it("is dropped when nobody sends its chunks for a while, and then may be cut otherwise", async () => {
    const { store, clock, incoming, lines } = await setup({ staleAfterMs: 1000 });
    await store.write(fileOf("/a", "on", "e").manifest);
    const otherwise = fileOf("/a", "one");
    await expect(store.write(otherwise.manifest)).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    clock.ms = 999;
    await store.discardStale();
    expect(await incoming()).toHaveLength(1);
    clock.ms = 1000;
    await store.discardStale();
    expect(await incoming()).toEqual([]);
    expect(lines).toEqual(["warn: an unfinished file was dropped"]);
    await send(store, otherwise);
  });
});
