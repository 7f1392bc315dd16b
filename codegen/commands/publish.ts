import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { Command } from "commander";
import { CommandFault } from "../command-fault.js";
import { load } from "../load.js";
import { readSchemas } from "../pipeline.js";
import { bundle, bundleName } from "../publish/bundle.js";
import { counted, succeeds } from "./outcome.js";

interface PublishFlags {
  readonly schema: string;
  readonly out: string;
  readonly cases: string;
}

/** `rnp-gen publish`: schemas and what follows from them, for those who write peers. */
export function publishCommand(): Command {
  return new Command("publish")
    .description(
      "pack schemas, specification and reference into one archive; the same schemas give the same bytes",
    )
    .option("--schema <dir>", "folder with the schemas", "schema")
    .option("--out <dir>", "folder for the archive", "dist")
    .option(
      "--cases <dir>",
      "folder with tables of cases for a peer, where there are any",
      "test/vectors",
    )
    .action(run);
}

async function run(flags: PublishFlags): Promise<void> {
  process.exitCode = (await succeeds(() => publishOnce(flags))) ? 0 : 1;
}

async function publishOnce({ schema, out, cases }: PublishFlags): Promise<boolean> {
  const around = await packageAround(resolve(schema));
  const options = { schemaFolder: schema, casesFolder: cases, ...around };
  const read = await readSchemas(await load(schema));
  const bytes = await bundle(read, options);
  const file = join(out, `${bundleName(options)}.tgz`);
  await mkdir(out, { recursive: true });
  await writeFile(file, bytes);
  const { messages, errors } = read.model;
  const counts = `${counted(messages.length, "message")}, ${counted(errors.length, "error")}`;
  console.log(`${file}: ${counts}, ${Math.ceil(bytes.byteLength / 1024)} KiB`);
  return true;
}

/** Name and version of the package that the folder belongs to. */
async function packageAround(folder: string): Promise<{ name: string; version: string }> {
  const manifest = join(folder, "package.json");
  if (!existsSync(manifest)) {
    if (dirname(folder) !== folder) return await packageAround(dirname(folder));
    throw new CommandFault(
      "no package.json is around the schemas: it says what the bundle is called",
    );
  }
  const { name, version } = JSON.parse(await readFile(manifest, "utf8")) as Record<string, unknown>;
  if (typeof name === "string" && typeof version === "string") return { name, version };
  throw new CommandFault(`${manifest} has no name or no version: the bundle is called after both`);
}
