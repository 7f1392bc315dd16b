import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { compare, write } from "../../../codegen/output.js";
import { generate } from "../../../codegen/pipeline.js";
import { folderWith, ROOT } from "./support.js";

/**
 * Each Markdown file below `test/golden` is a scenario: prose, then fenced blocks whose info string names a
 * file. Blocks of `json` are the schema folder; all others are files that have to come out of it, byte for
 * byte. `UPDATE_GOLDEN=1` writes what comes out, for a person to read in the diff.
 */
const GOLDEN = join(ROOT, "test/golden");
const UPDATES = process.env.UPDATE_GOLDEN === "1";

const BLOCK = /^```(\w+) (\S+)\n([\s\S]*?)^```$/gm;

const scenarios = (await readdir(GOLDEN)).filter((name) => name.endsWith(".md")).sort();

describe("a schema becomes exactly the code that the scenario shows", () => {
  test.each(scenarios)("%s", async (name) => {
    const path = join(GOLDEN, name);
    const scenario = await readFile(path, "utf8");
    const files = await generated(scenario);
    const actual = scenario.replace(BLOCK, (block, language: string, file: string) => {
      return language === "json" ? block : `\`\`\`${language} ${file}\n${files.get(file)}\`\`\``;
    });
    if (UPDATES) await writeFile(path, actual);
    else expect(actual).toBe(scenario);
  });
});

async function generated(scenario: string): Promise<ReadonlyMap<string, string>> {
  const blocks = [...scenario.matchAll(BLOCK)].filter(([, language]) => language === "json");
  const schemas = Object.fromEntries(blocks.map(([, , file, text]) => [file, text]));
  const { files } = await generate({
    schemaFolder: await folderWith(schemas),
    outFolder: join(GOLDEN, "out"),
  });
  return new Map(files.map(({ path, text }) => [path, text]));
}

test("the schemas with everything become the code beside them", async () => {
  const folder = join(GOLDEN, "everything/generated");
  const { files } = await generate({
    schemaFolder: join(GOLDEN, "everything/schema"),
    outFolder: folder,
    runtime: "../../../../runtime/wire/index.js",
  });
  if (UPDATES) await write(files, folder);
  expect(await compare(files, folder)).toEqual({ missing: [], changed: [], stale: [] });
});
