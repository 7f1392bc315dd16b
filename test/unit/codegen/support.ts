import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";

/** The root of the project. */
export const ROOT = join(import.meta.dirname, "../../..");

type Json = Readonly<Record<string, unknown>>;

/** Files by their path below a folder: text as it is, anything else as JSON. */
export type Files = Readonly<Record<string, unknown>>;

/** A folder of its own, deleted when the test is over. */
export async function folderWith(files: Files = {}): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rnp-codegen-test-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    const text = typeof content === "string" ? content : JSON.stringify(content, undefined, 2);
    await writeFile(join(folder, path), text);
  }
  return folder;
}

/** The schema of a correct message, so that a test breaks one thing. */
export function messageSchema(changes: Json = {}, rnp: Json = {}): Json {
  return {
    title: "Demo",
    description: "A message to try things with.",
    "x-rnp": {
      from: ["node"],
      to: ["node"],
      layer: "application",
      frequency: "On demand.",
      pool: "peer",
      delivery: "at-most-once",
      ...rnp,
    },
    type: "object",
    properties: { name: { type: "string", description: "What it is called.", maxLength: 8 } },
    additionalProperties: false,
    examples: [{}],
    ...changes,
  };
}

/** A correct message with one field of the given schema. */
export function messageWith(field: Json): Json {
  return messageSchema({ properties: { field: { description: "A field.", ...field } } });
}

/** The schema of a correct error. */
export function errorSchema(changes: Json = {}): Json {
  return {
    title: "NO_LUCK",
    description: "It did not work out.",
    "x-rnp-error": {
      number: 9000,
      retryable: true,
      blame: "either",
      closes: false,
      help: "Try again.",
    },
    type: "object",
    properties: {},
    additionalProperties: false,
    examples: [{}],
    ...changes,
  };
}
