import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll } from "vitest";
import { link } from "../../../codegen/link.js";
import { load } from "../../../codegen/load.js";
import { write } from "../../../codegen/output.js";
import { PACKAGE_ROOT } from "../../../codegen/package-root.js";
import { generate } from "../../../codegen/pipeline.js";
import type { MessageType } from "../../../runtime/wire/message-type.js";
import { describeEquality } from "./describe-equality.js";
import { randomSchemas } from "./random-schemas.js";

/*
 * Code for schemas that nobody wrote: a dozen messages with fields of every kind at random, generated here and
 * now. `SCHEMA_SEED` makes others.
 */

const SEED = Number(process.env.SCHEMA_SEED ?? 1);
const MESSAGE_COUNT = 12;

const folder = await mkdtemp(join(tmpdir(), "rnp-random-"));
afterAll(() => rm(folder, { recursive: true, force: true }));

const schemaFolder = join(folder, "schema");
const outFolder = join(folder, "generated");
for (const [path, schema] of randomSchemas(SEED, MESSAGE_COUNT)) {
  await mkdir(dirname(join(schemaFolder, path)), { recursive: true });
  await writeFile(join(schemaFolder, path), JSON.stringify(schema));
}
// Validators import the helpers of ajv.
await symlink(join(PACKAGE_ROOT, "node_modules"), join(folder, "node_modules"));
const runtime = join(PACKAGE_ROOT, "runtime/wire/index.js");
const { files } = await generate({ schemaFolder, outFolder, runtime });
await write(files, outFolder);

const { MESSAGES } = (await import(join(outFolder, "dispatch.ts"))) as {
  MESSAGES: ReadonlyMap<string, MessageType>;
};
describeEquality(MESSAGES, link(await load(schemaFolder)).links);
