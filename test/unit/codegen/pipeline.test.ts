import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { load } from "../../../codegen/load.js";
import { compare } from "../../../codegen/output.js";
import { loadPeers, MissingPeers } from "../../../codegen/peers.js";
import { generate } from "../../../codegen/pipeline.js";
import { assertSound } from "../../../codegen/soundness.js";
import { ROOT } from "./support.js";

const OURS = { schemaFolder: join(ROOT, "schema"), outFolder: join(ROOT, "generated") };

test("the committed code is what the schemas say", async () => {
  const { files } = await generate(OURS);
  expect(await compare(files, OURS.outFolder)).toEqual({ missing: [], changed: [], stale: [] });
});

test("two runs give the same bytes, and the schemas stay as they are", async () => {
  const before = await load(OURS.schemaFolder);
  const [first, second] = [await generate(OURS), await generate(OURS)];
  expect(first.files).toEqual(second.files);
  expect(await load(OURS.schemaFolder)).toEqual(before);
});

test("generated code says nothing of where it was generated", async () => {
  const { files } = await generate(OURS);
  const text = files.map((file) => file.text).join("");
  expect(text).not.toContain(ROOT);
});

test.each(["generated", "test/golden/everything"])("%s passes the compiler", async (project) => {
  const tsc = join(ROOT, "node_modules/typescript/bin/tsc");
  await promisify(execFile)(process.execPath, [tsc, "-b", join(ROOT, project)]);
});

test.each(["generated", "test/golden/everything"])(
  "%s passes the lint of the project",
  async (folder) => {
    const biome = join(ROOT, "node_modules/@biomejs/biome/bin/biome");
    const { stdout } = await promisify(execFile)(process.execPath, [biome, "lint", folder], {
      cwd: ROOT,
    });
    expect(stdout).not.toMatch(/warning|info/);
  },
);

test("code that does not parse is a fault of the generator, and says where", async () => {
  const { tsMorph } = await loadPeers();
  const broken = [{ path: "a.ts", text: "export const a = 1;\nexport const b = ;\n" }];
  expect(() => assertSound(broken, tsMorph)).toThrow(
    "generated code does not parse at a.ts:2: Expression expected.",
  );
});

test("a name that two files export is a fault of the generator", async () => {
  const { tsMorph } = await loadPeers();
  const text = "export const a = 1;\n";
  const files = [
    { path: "one.ts", text },
    { path: "two.ts", text },
  ];
  expect(() => assertSound(files, tsMorph)).toThrow("one.ts and two.ts both export a");
});

test("missing libraries are named with the command that installs them", () => {
  expect(new MissingPeers(["ts-morph", "handlebars"]).message).toBe(
    "rnp-gen needs ts-morph, handlebars, which this project does not have. Run: npm install --save-dev ts-morph handlebars",
  );
});

test("the package carries whatever the generator reads", async () => {
  const manifest = JSON.parse(await readFile(join(ROOT, "package.json"), "utf8"));
  expect(manifest.files).toEqual(
    expect.arrayContaining(["dist/codegen", "codegen/templates", "schema"]),
  );
});
