import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { explainCommand } from "../../../codegen/commands/explain.js";
import { load } from "../../../codegen/load.js";
import { readSchemas } from "../../../codegen/pipeline.js";
import { commandLine } from "./command-line.js";
import { ROOT } from "./support.js";

const SCHEMA = join(ROOT, "schema");
const { written, run } = commandLine(explainCommand);

/** What `rnp-gen explain` prints. */
async function explain(...argv: readonly string[]): Promise<string> {
  await run("--schema", SCHEMA, ...argv);
  return written.join("\n");
}

test("a request says who sends it to whom, what answers it, when, and what may go wrong", async () => {
  const text = await explain("mesh.query");
  expect(text).toContain("direction     node or controller to controller");
  expect(text).toContain(
    "answered by   mesh.response, paired by reply_to or service_name = service_name",
  );
  expect(text).toContain("timeout       5,000 ms");
  expect(text).toContain("service_name: text, at most 127 characters, ^[A-Za-z0-9]");
  expect(text).toContain("    tags: list of at most 64 items, no two alike: text");
  expect(text).toMatch(/TIMEOUT +retryable +No answer comes in time\./);
  expect(text).toContain('"service_name": "user-service"');
});

test("a message that nobody answers has no timeout, and names what it answers", async () => {
  const text = await explain("log.entry");
  expect(text).toContain("LogEntry, item");
  expect(text).toContain("answers       log.subscribe");
  expect(text).not.toContain("timeout  ");
});

test.each(["TIMEOUT", "timeout", "5001"])("an error is found as %s", async (name) => {
  expect(await explain(name)).toMatch(/^TIMEOUT {3}error 5001\n/);
});

test("a type is found by the name of its interface too", async () => {
  expect(await explain("MeshQuery")).toMatch(/^mesh\.query /);
});

test("a name that is none fails, with those that are like it", async () => {
  expect(await explain("mesh.find")).toMatch(
    /^no message type .* Like it: mesh\.deregister, mesh\.query/,
  );
  expect(process.exitCode).toBe(1);
});

describe("--json", () => {
  test("has the same in one object", async () => {
    const json = JSON.parse(await explain("instance.stopped", "--json")) as Record<string, unknown>;
    expect(json).toMatchObject({
      type: "instance.stopped",
      role: "one-way",
      delivery: "at-least-once",
    });
    expect(json.fields).toContainEqual(
      expect.objectContaining({ path: "instance_id", isRequired: true }),
    );
  });

  test("is there for every message and every error", async () => {
    const { model } = await readSchemas(await load(SCHEMA));
    const names = [
      ...model.messages.map(({ type }) => type),
      ...model.errors.map(({ code }) => code),
    ];
    for (const name of names.filter((_, index) => index % 4 === 0)) await explain(name, "--json");
    for (const line of written) expect(JSON.parse(line)).toHaveProperty("doc");
  });
});
