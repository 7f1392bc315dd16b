import { readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import type { Emitted } from "../emit/context.js";
import { formatted } from "../format.js";
import { biomePath } from "../peers.js";
import { isSchema, type Schema } from "../schema.js";
import type { Finding } from "./rule.js";
import { RULES } from "./rules/index.js";

/**
 * Mends what can be mended without a change of meaning, and writes the files in the form that the project
 * around them has. Gives back which it wrote.
 */
export async function mend(
  schemaFolder: string,
  findings: readonly Finding[],
): Promise<readonly string[]> {
  const due = findings.filter(({ isFixable }) => isFixable);
  const paths = [...new Set(due.map(({ file }) => file))];
  const mended = await Promise.all(paths.map((path) => mendedFile(schemaFolder, path, due)));
  const files = mended.filter((file) => file !== undefined);
  if (files.length === 0) return [];
  for (const { path, text } of await formatted(files, resolve(schemaFolder), biomePath())) {
    await writeFile(join(schemaFolder, path), text);
  }
  return files.map(({ path }) => path);
}

async function mendedFile(
  folder: string,
  path: string,
  findings: readonly Finding[],
): Promise<Emitted | undefined> {
  const text = await readFile(join(folder, path), "utf8");
  const root: unknown = JSON.parse(text);
  if (!isSchema(root) || !isKeptByParsing(text, root)) return undefined;
  const ids = new Set(findings.filter(({ file }) => file === path).map(({ rule }) => rule));
  const rules = RULES.filter(({ id }) => ids.has(id));
  const mended = rules.reduce((schema, rule) => rule.mend?.(schema, path) ?? schema, root);
  return { path, text: `${JSON.stringify(mended, undefined, 2)}\n` };
}

/**
 * Whether parsing and writing a file gives the same tokens, but for `50.0`, which is 50. It does not where a number is beyond what
 * floats hold, a key comes twice or text is escaped in another way; such a file is left to its author.
 */
function isKeptByParsing(text: string, root: Schema): boolean {
  const tokens = text.replace(/("(?:[^"\\]|\\.)*")|\s+|(\d)\.0+(?!\d)/g, "$1$2");
  return tokens === JSON.stringify(root);
}
