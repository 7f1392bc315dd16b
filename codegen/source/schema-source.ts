import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import { CommandFault } from "../command-fault.js";
import { load, parseFiles, type SchemaFiles } from "../load.js";
import { PACKAGE_ROOT } from "../package-root.js";
import { type Entry, readTar } from "./tar.js";

/** More than any schema folder has; git's own default of 1 MiB is less. */
const ARCHIVE_BYTES_MAX = 256 * 1024 * 1024;

/** The folder that commands look into where nobody names one: `schema`, or the schemas of this package. */
export function defaultSchemaFolder(): string {
  return existsSync("schema") ? "schema" : join(PACKAGE_ROOT, "schema");
}

/**
 * The schemas at `source`: a folder, a bundle that `rnp-gen publish` wrote (a `.tgz`, or a folder it was
 * unpacked to), or a commit, branch or tag of the repository that `schemaFolder` is in.
 *
 * Throws `CommandFault` where it is none of these.
 */
export async function schemasOf(source: string, schemaFolder: string): Promise<SchemaFiles> {
  const kind = await stat(source).catch(() => undefined);
  if (kind?.isDirectory() === true) return await load(folderIn(source), unnamed);
  if (kind?.isFile() === true) return await bundled(source);
  return await committed(source, schemaFolder);
}

function folderIn(folder: string): string {
  const inner = join(folder, "schema");
  return existsSync(join(inner, "messages")) ? inner : folder;
}

async function bundled(file: string): Promise<SchemaFiles> {
  const bytes = await readFile(file);
  try {
    return await parseFiles(textsBelow(readTar(gunzipSync(bytes)), /^[^/]+\/schema\//));
  } catch (error) {
    if (error instanceof Error && error.name === "SchemaProblems") throw error;
    throw new CommandFault(`${file} is no bundle: ${String(error)}`);
  }
}

async function committed(ref: string, schemaFolder: string): Promise<SchemaFiles> {
  const folder = resolve(schemaFolder);
  // It would be an option to git.
  if (ref.startsWith("-")) throw new CommandFault(`${ref} is no commit`);
  const argv = ["archive", "--format=tar", ref, "."];
  const options = { cwd: folder, encoding: "buffer", maxBuffer: ARCHIVE_BYTES_MAX } as const;
  try {
    const { stdout } = await promisify(execFile)("git", argv, options);
    return await parseFiles(textsBelow(readTar(stdout), /^/));
  } catch (error) {
    if (error instanceof Error && error.name === "SchemaProblems") throw error;
    const where = `of the repository around ${dirname(folder)}`;
    throw new CommandFault(`${ref} is no folder, no bundle and no commit ${where}`);
  }
}

function textsBelow(entries: readonly Entry[], prefix: RegExp): ReadonlyMap<string, string> {
  const below = entries.filter(({ path }) => prefix.test(path));
  const decoder = new TextDecoder();
  return new Map(
    below.map(({ path, bytes }) => [path.replace(prefix, ""), unnamed(decoder.decode(bytes))]),
  );
}

/** Published schemas name themselves, which those in a folder do not. */
function unnamed(text: string): string {
  return text.replace(/^\{\s*"\$schema": "[^"]*",\s*"\$id": "rnp:[^"]*",/, "{");
}
