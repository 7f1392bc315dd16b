import { readdir, readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";

const ROOT = new URL("../../../", import.meta.url);
const ROW = /^\| (T-[A-Z]+(?:-\d+)?) \| (.+?) \| (.+?) \| `(.+?)`: (.+?) \|$/;

const read = (path: string) => readFile(new URL(path, ROOT), "utf8");

async function rows() {
  const lines = (await read("README.md")).split("\n").filter((line) => line.startsWith("| T-"));
  return lines.map((line) => {
    const [, id = "", , , path = "", title = ""] = ROW.exec(line) ?? [];
    return { line, id, path, title };
  });
}

async function testFiles(): Promise<string[]> {
  const paths = await readdir(new URL("test/", ROOT), { recursive: true });
  return paths.filter((path) => path.endsWith(".test.ts")).map((path) => `test/${path}`);
}

describe("the table of threats in the README", () => {
  it("has a row for each threat, each with its own id", async () => {
    const table = await rows();
    expect(table.length).toBeGreaterThan(40);
    for (const { line, id } of table) expect(id, line).not.toBe("");
    expect(new Set(table.map(({ id }) => id)).size).toBe(table.length);
  });

  it("names tests that are there", async () => {
    for (const { id, path, title } of await rows()) {
      expect(path, id).toMatch(/^test\/.+\.test\.ts$/);
      const text = await read(path);
      expect(text.includes(`"${title}"`), `${id}: ${path} has no test "${title}"`).toBe(true);
    }
  });

  it("knows all threats that tests name", async () => {
    const known = new Set((await rows()).map(({ id }) => id));
    const named = new Set<string>();
    for (const path of await testFiles()) {
      for (const [, id] of (await read(path)).matchAll(/"(T-[A-Z]+(?:-\d+)?): /g)) named.add(id!);
    }
    expect(named.size).toBeGreaterThan(10);
    expect([...named].filter((id) => !known.has(id))).toEqual([]);
  });
});
