import { relative, resolve } from "node:path";
import { Command } from "commander";
import { compare, type Drift, write } from "../output.js";
import { type Generated, type GenerateOptions, generate } from "../pipeline.js";
import { watchFolder } from "../watch.js";
import { counted, succeeds } from "./outcome.js";

interface GenFlags {
  readonly schema: string;
  readonly out: string;
  readonly check?: boolean;
  readonly watch?: boolean;
  readonly runtime?: string;
}

/** `rnp-gen gen`: schemas to code. */
export function genCommand(): Command {
  return new Command("gen")
    .description("generate code from a folder of schemas")
    .option("--schema <dir>", "folder with the schemas", "schema")
    .option("--out <dir>", "folder for the code; other files in it stay", "generated")
    .option("--check", "write nothing; name each file that differs, and fail if one does")
    .option("--watch", "generate again whenever a schema changes, until interrupted")
    .option("--runtime <specifier>", "where generated code imports the runtime's wire helpers from")
    .action(run);
}

async function run(flags: GenFlags): Promise<void> {
  const step = () => (flags.check === true ? checkOnce(flags) : writeOnce(flags));
  process.exitCode = (await succeeds(step)) ? 0 : 1;
  if (flags.watch !== true) return;
  console.log(`watching ${flags.schema}`);
  await watchFolder(resolve(flags.schema), async () => void (await succeeds(step)));
}

async function writeOnce(flags: GenFlags): Promise<boolean> {
  const startedAt = performance.now();
  const generated = await generate(optionsOf(flags));
  const drift = await write(generated.files, flags.out);
  console.log(summary(generated, drift, performance.now() - startedAt));
  return true;
}

async function checkOnce(flags: GenFlags): Promise<boolean> {
  const { files } = await generate(optionsOf(flags));
  const drift = await compare(files, flags.out);
  const lines = [
    ...drift.missing.map((path) => `${pathBelow(flags.out, path)} is missing`),
    ...drift.changed.map((path) => `${pathBelow(flags.out, path)} differs from its schema`),
    ...drift.stale.map((path) => `${pathBelow(flags.out, path)} has no schema any more`),
  ];
  for (const line of lines) console.error(line);
  if (lines.length > 0)
    console.error(`run: rnp-gen gen --schema ${flags.schema} --out ${flags.out}`);
  return lines.length === 0;
}

function optionsOf({ schema, out, runtime }: GenFlags): GenerateOptions {
  return { schemaFolder: schema, outFolder: out, runtime };
}

function pathBelow(folder: string, path: string): string {
  return relative(process.cwd(), resolve(folder, path));
}

function summary({ model, files }: Generated, drift: Drift, durationMs: number): string {
  const written = drift.missing.length + drift.changed.length;
  const parts = [`${written} written`, `${files.length - written} unchanged`];
  if (drift.stale.length > 0) parts.push(`${drift.stale.length} deleted`);
  const counts = `${counted(model.messages.length, "message")}, ${counted(model.errors.length, "error")}`;
  return `${counts}: ${parts.join(", ")} (${(durationMs / 1000).toFixed(1)} s)`;
}
