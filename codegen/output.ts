import { mkdir, readdir, readFile, rm, rmdir, writeFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { BANNER, type Emitted } from "./emit/context.js";

/** How the output folder differs from what was generated. */
export interface Drift {
  /** Files that are not there yet. */
  readonly missing: readonly string[];
  /** Files that say something else. */
  readonly changed: readonly string[];
  /** Files that were generated once and that nothing generates any more. */
  readonly stale: readonly string[];
}

/** Compares, and touches nothing. */
export async function compare(files: readonly Emitted[], folder: string): Promise<Drift> {
  const missing: string[] = [];
  const changed: string[] = [];
  for (const { path, text } of files) {
    const present = await readIfThere(join(folder, path));
    if (present === undefined) missing.push(path);
    else if (present !== text) changed.push(path);
  }
  return { missing, changed, stale: await stalePaths(files, folder) };
}

/** Writes what differs, and nothing else, so that builds which watch the folder stay quiet. */
export async function write(files: readonly Emitted[], folder: string): Promise<Drift> {
  const drift = await compare(files, folder);
  const due = new Set([...drift.missing, ...drift.changed]);
  for (const { path, text } of files.filter(({ path }) => due.has(path))) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  for (const path of drift.stale) await remove(join(folder, path), folder);
  return drift;
}

/** Our own files only: whatever else is in the folder has no banner, and stays. */
async function stalePaths(files: readonly Emitted[], folder: string): Promise<readonly string[]> {
  const wanted = new Set(files.map(({ path }) => path));
  const present = (await filesBelow(folder)).filter((path) => !wanted.has(path));
  const texts = await Promise.all(present.map((path) => readIfThere(join(folder, path))));
  return present.filter((_, index) => texts[index]?.startsWith(BANNER));
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await ignoringAbsence(readdir(folder, { recursive: true }));
  const paths = (entries ?? []).map((entry) => entry.split(sep).join("/"));
  return paths.filter((path) => /\.(ts|js)$/.test(path)).sort();
}

function readIfThere(path: string): Promise<string | undefined> {
  return ignoringAbsence(readFile(path, "utf8"));
}

/** Deletes a file and the folders above it that are empty then. */
async function remove(path: string, root: string): Promise<void> {
  await rm(path);
  for (let folder = dirname(path); folder !== root; folder = dirname(folder)) {
    const rest = await readdir(folder);
    if (rest.length > 0) return;
    await rmdir(folder);
  }
}

async function ignoringAbsence<Value>(reading: Promise<Value>): Promise<Value | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
