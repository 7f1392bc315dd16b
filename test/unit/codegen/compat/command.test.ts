import { expect, test } from "vitest";
import { breakingCommand } from "../../../../codegen/commands/breaking.js";
import { commandLine } from "../command-line.js";
import { type Files, folderWith, messageSchema } from "../support.js";

const DEMO = "messages/demo.schema.json";
const { written, run: runBreaking } = commandLine(breakingCommand);

const named = (lengthMax: number, rest: object = {}) =>
  messageSchema({
    properties: {
      name: { type: "string", description: "A name.", maxLength: lengthMax },
      ...rest,
    },
  });

const OLD: Files = { [DEMO]: named(8) };

/** Runs `rnp-gen breaking` on two folders and gives back its exit status. */
async function run(old: Files, now: Files, ...argv: readonly string[]): Promise<number> {
  const [against, schema] = [await folderWith(old), await folderWith(now)];
  return await runBreaking("--against", against, "--schema", schema, ...argv);
}

test("where nothing has changed, nothing breaks", async () => {
  expect(await run(OLD, OLD)).toBe(0);
  expect(written).toEqual(["nothing breaks"]);
});

test("what breaks is told with why and what to do, and fails", async () => {
  expect(await run(OLD, { [DEMO]: named(7) })).toBe(1);
  expect(written).toEqual([
    `breaks reader: ${DEMO}#/properties/name: was text, at most 8 characters; is text, at most 7 characters (bound)`,
    "       An old peer may send text of 8 characters, which this version refuses.",
    "       Leave it as it was, and let the handler refuse what it does not want, with an error.",
    "1 verdict of what breaks",
  ]);
});

test("what does not break is told too, and does not fail", async () => {
  const more = { nick: { type: "boolean", description: "A nick." } };
  expect(await run(OLD, { [DEMO]: named(8, more) })).toBe(0);
  expect(written.at(-1)).toBe("nothing breaks, 1 of what does not");
});

test("--json gives an object a line", async () => {
  await run(OLD, { [DEMO]: named(7) }, "--json");
  expect(written.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({
      effect: "reader",
      rule: "bound",
      breaks: true,
      place: "/properties/name",
    }),
  ]);
});

test("a waiver with an end bears it until then, and no longer", async () => {
  const waived = (until: string): Files => ({
    [DEMO]: named(7),
    "waivers.json": {
      breaking: [{ rule: "bound", at: DEMO, reason: "No peer sends such names.", until }],
    },
  });
  expect(await run(OLD, waived("9999-12-31"))).toBe(0);
  expect(written).toEqual(["nothing breaks, 1 waived"]);
  expect(await run(OLD, waived("2020-01-01"))).toBe(1);
});

test("a waiver without an end is refused", async () => {
  const breaking = [{ rule: "bound", at: DEMO, reason: "No peer sends such names." }];
  expect(await run(OLD, { [DEMO]: named(7), "waivers.json": { breaking } })).toBe(1);
  expect(written.join()).toMatch(/waivers\.json#\/breaking\/0.*until/);
});

test("an earlier version that is nowhere fails", async () => {
  const schema = await folderWith(OLD);
  expect(await runBreaking("--against", "nowhere", "--schema", schema)).toBe(1);
  expect(written.join()).toContain("nowhere is no folder, no bundle and no commit");
});
