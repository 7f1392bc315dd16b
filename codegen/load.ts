import { readdir, readFile } from "node:fs/promises";
import { join, sep } from "node:path";
import { faultLine } from "./json-fault.js";
import { assertNoProblems, type Problem } from "./problem.js";
import { isSchema, type Schema } from "./schema.js";

/** The parsed files of a schema folder by their path below it, sorted. */
export type SchemaFiles = ReadonlyMap<string, Schema>;

/** The file that holds the numbers of the protocol; it is data and no schema. */
export const PROTOCOL_FILE = "protocol.json";
/** The file that describes the map around every message. */
export const ENVELOPE_FILE = "envelope.schema.json";

const SUFFIX = ".schema.json";

/**
 * Phase 1: reads all that is in the schema folder, except for the meta schemas. `prepare` makes texts
 * those of a schema folder that are not.
 */
export async function load(
  folder: string,
  prepare: (text: string) => string = (text) => text,
): Promise<SchemaFiles> {
  const texts = new Map<string, string>();
  for (const file of await schemaPaths(folder)) {
    texts.set(file, prepare(await readFile(join(folder, file), "utf8")));
  }
  return await parseFiles(texts);
}

/** Parses the texts of files by their path below the schema folder; of others than schemas nothing is made. */
export async function parseFiles(texts: ReadonlyMap<string, string>): Promise<SchemaFiles> {
  const files = new Map<string, Schema>();
  const problems: Problem[] = [];
  for (const [file, text] of [...texts].sort(([one], [other]) => (one < other ? -1 : 1))) {
    if (!isSource(file)) continue;
    const parsed = await parse(file, text);
    if ("schema" in parsed) files.set(file, parsed.schema);
    else problems.push(parsed.problem);
  }
  assertNoProblems(problems);
  return files;
}

/** Whether a file describes a message type. */
export function isMessageFile(file: string): boolean {
  return file.startsWith("messages/");
}

/** Whether a file describes an error code. */
export function isErrorFile(file: string): boolean {
  return file.startsWith("errors/");
}

/** `messages/mesh/query.schema.json` is the type `mesh.query`. */
export function messageTypeOf(file: string): string {
  return file.slice("messages/".length, -SUFFIX.length).replaceAll("/", ".");
}

async function schemaPaths(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true });
  const paths = entries.map((entry) => entry.split(sep).join("/"));
  return paths.filter((path) => isSource(path)).sort();
}

function isSource(path: string): boolean {
  return path === PROTOCOL_FILE || (path.endsWith(SUFFIX) && !path.startsWith("meta/"));
}

async function parse(
  file: string,
  text: string,
): Promise<{ schema: Schema } | { problem: Problem }> {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    if (isSchema(value)) return { schema: value };
    return { problem: { file, place: "", text: "is not an object: begin the file with {" } };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const line = await faultLine(text, reason);
    const place = line === undefined ? "" : `:${line}`;
    return { problem: { file, place, text: `is no JSON: ${reason.replace(/\s+/g, " ")}` } };
  }
}
