import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { schemasOf } from "../../../codegen/source/schema-source.js";
import { readTar, writeTar } from "../../../codegen/source/tar.js";
import { folderWith, messageSchema } from "./support.js";

const encoder = new TextEncoder();

describe("an archive", () => {
  const entries = [
    { path: "b/two.json", bytes: encoder.encode("x".repeat(513)) },
    { path: "a.json", bytes: encoder.encode("{}") },
    { path: "empty", bytes: new Uint8Array() },
  ];

  test("gives back what was put in, sorted", () => {
    const read = readTar(writeTar(entries)).map(({ path, bytes }) => [path, bytes.byteLength]);
    expect(read).toEqual([
      ["a.json", 2],
      ["b/two.json", 513],
      ["empty", 0],
    ]);
  });

  test("is the same bytes for the same files in another order", () => {
    expect(writeTar([...entries].reverse())).toEqual(writeTar(entries));
  });

  test("is read by tar", async () => {
    const folder = await folderWith();
    await writeFile(join(folder, "a.tar"), writeTar(entries));
    const { stdout } = await promisify(execFile)("tar", ["tvf", join(folder, "a.tar")]);
    expect(stdout.match(/-rw-r--r-- 0\/0 .*1970-01-01/g)).toHaveLength(3);
  });

  test("that is cut short is refused", () => {
    for (const length of [0, 100, 700, 1500, 2048]) {
      const cut = writeTar(entries).subarray(0, length);
      expect(() => readTar(cut), String(length)).toThrow("ends inside a file");
    }
  });

  test("takes no path that its header has no room for", () => {
    expect(() => writeTar([{ path: "a".repeat(101), bytes: new Uint8Array() }])).toThrow(
      "too long",
    );
  });
});

describe("schemas are read from", () => {
  const DEMO = "messages/demo.schema.json";
  const names = async (source: string, folder = source) => [
    ...(await schemasOf(source, folder)).keys(),
  ];

  test("a folder, also one that holds them beside other things", async () => {
    const folder = await folderWith({ [`schema/${DEMO}`]: messageSchema(), "SPEC.md": "# Spec" });
    expect(await names(join(folder, "schema"))).toEqual([DEMO]);
    expect(await names(folder)).toEqual([DEMO]);
  });

  test("a bundle", async () => {
    const file = join(await folderWith(), "bundle.tgz");
    const bytes = encoder.encode(JSON.stringify(messageSchema()));
    const path = `rnp/schema/${DEMO}`;
    await writeFile(
      file,
      gzipSync(
        writeTar([
          { path, bytes },
          { path: "rnp/SPEC.md", bytes },
        ]),
      ),
    );
    expect(await names(file)).toEqual([DEMO]);
  });

  test("a commit, also where the working tree has gone on", async () => {
    const folder = await folderWith({ [`schema/${DEMO}`]: messageSchema() });
    const git = (...argv: readonly string[]) => {
      const who = ["-c", "user.name=test", "-c", "user.email=test@example.invalid"];
      return promisify(execFile)("git", [...who, ...argv], { cwd: folder });
    };
    await git("init", "--quiet");
    await git("add", ".");
    await git("commit", "--quiet", "--message", "First");
    await writeFile(join(folder, "schema/messages/late.schema.json"), "{}");
    expect(await names("HEAD", join(folder, "schema"))).toEqual([DEMO]);
  });

  test.each(["no-such-thing", "--output=/tmp/x"])("nothing else: %s", async (source) => {
    const folder = await folderWith({ [DEMO]: messageSchema() });
    await expect(names(source, folder)).rejects.toThrow(/is no (folder|commit)/);
  });

  test("no file that is something else", async () => {
    const folder = await folderWith({ "notes.txt": "hello" });
    await expect(names(join(folder, "notes.txt"))).rejects.toThrow("is no bundle");
  });
});
