import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { lintCommand } from "../../../../codegen/commands/lint.js";
import { lint } from "../../../../codegen/lint/run.js";
import { commandLine } from "../command-line.js";
import { type Files, folderWith, messageSchema, ROOT } from "../support.js";

const DEMO = "messages/demo.schema.json";
const TODAY = "2026-06-15";
const { written, run: runLint } = commandLine(lintCommand);

/** Runs `rnp-gen lint` on a folder and gives back its exit status. */
function run(folder: string, ...argv: readonly string[]): Promise<number> {
  return runLint("--schema", folder, ...argv);
}

const GOOD = messageSchema({ examples: [{ name: "ann" }] });
const UNSHOWN = messageSchema();

test("our own schemas are clean", async () => {
  expect(await lint(join(ROOT, "schema"), new Date().toISOString().slice(0, 10))).toEqual([]);
});

test("where there is nothing to say, it says so and ends well", async () => {
  expect(await run(await folderWith({ [DEMO]: GOOD }))).toBe(0);
  expect(written).toEqual(["nothing to say"]);
});

test("a finding is told with file, place and rule, and fails", async () => {
  expect(await run(await folderWith({ [DEMO]: UNSHOWN }))).toBe(1);
  expect(written).toEqual([
    `${DEMO}#/properties/name: is in no example: give name a value in one (example-covers)`,
    "1 finding",
  ]);
});

test("--json gives an object a line, and nothing else", async () => {
  await run(await folderWith({ [DEMO]: UNSHOWN }), "--json");
  expect(written.map((line) => JSON.parse(line))).toEqual([
    {
      rule: "example-covers",
      severity: "advice",
      file: DEMO,
      place: "/properties/name",
      text: "is in no example: give name a value in one",
      isFixable: false,
    },
  ]);
});

test("what gen refuses is an error, and hides advice on schemas that mean nothing yet", async () => {
  const broken = messageSchema({ properties: { name: { type: "text", description: "A name." } } });
  await run(await folderWith({ [DEMO]: broken }), "--json");
  const [only, ...others] = written.map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(only).toMatchObject({ rule: "gen", severity: "error", place: "/properties/name/type" });
  expect(others).toEqual([]);
});

test("--rules lists what is looked at", async () => {
  expect(await run(await folderWith(), "--rules", "--json")).toBe(0);
  expect(written.map((line) => (JSON.parse(line) as { rule: string }).rule)).toContain("key-order");
});

describe("--fix", () => {
  test("mends what has one right form, in the look of the project, and is done after one run", async () => {
    const { properties, ...rest } = GOOD;
    const folder = await folderWith({
      [DEMO]: { properties, ...rest, description: "tries things" },
    });
    expect(await run(folder, "--fix")).toBe(0);
    expect(written).toEqual(["mended 1 file, nothing to say"]);
    const text = await readFile(join(folder, DEMO), "utf8");
    expect(Object.keys(JSON.parse(text) as object)).toEqual(Object.keys(GOOD));
    expect(text).toContain('"description": "Tries things."');
    expect(text).toContain('"from": ["node"],');
  });

  test("leaves a file alone that cannot be written as it was", async () => {
    const text = JSON.stringify({ ...GOOD, description: "tries things" }).replace("8", "8e0");
    const folder = await folderWith({ [DEMO]: text });
    expect(await run(folder, "--fix")).toBe(1);
    expect(await readFile(join(folder, DEMO), "utf8")).toBe(text);
  });
});

describe("a waiver", () => {
  const waiver = { rule: "example-covers", at: DEMO, reason: "It is shown elsewhere." };
  const withWaivers = async (...lint: readonly object[]): Promise<string> => {
    const files: Files = { [DEMO]: UNSHOWN, "waivers.json": { lint } };
    return await folderWith(files);
  };
  const texts = async (folder: string): Promise<readonly string[]> =>
    (await lint(folder, TODAY)).map(
      ({ rule, file, place, text }) => `${rule} ${file}#${place} ${text}`,
    );

  test("for a file silences a rule there", async () => {
    expect(await texts(await withWaivers(waiver))).toEqual([]);
  });

  test("for a place silences it there alone", async () => {
    const at = `${DEMO}#/properties/name`;
    expect(await texts(await withWaivers({ ...waiver, at }))).toEqual([]);
    expect(await texts(await withWaivers({ ...waiver, at: `${DEMO}#/properties` }))).toHaveLength(
      2,
    );
  });

  test("counts up to its last day and not a day longer", async () => {
    expect(await texts(await withWaivers({ ...waiver, until: TODAY }))).toEqual([]);
    expect(await texts(await withWaivers({ ...waiver, until: "2026-06-14" }))).toEqual([
      expect.stringContaining("(its waiver ended on 2026-06-14)"),
    ]);
  });

  test("that nothing needs is found itself", async () => {
    expect(await texts(await withWaivers(waiver, { ...waiver, rule: "sentence" }))).toEqual([
      `idle-waiver waivers.json#/lint/1 waives sentence at ${DEMO}, where there is nothing to waive: remove it`,
    ]);
  });

  test("without a reason is refused", async () => {
    expect(await texts(await withWaivers({ ...waiver, reason: undefined }))).toEqual([
      expect.stringMatching(/^gen waivers\.json#\/lint\/0/),
    ]);
  });
});
