import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import type { Emitted } from "./emit/context.js";
import type { Peers } from "./peers.js";
import { assertSound } from "./soundness.js";

/** Names under which Biome looks for its configuration. */
const CONFIG_NAMES = ["biome.json", "biome.jsonc", ".biome.json", ".biome.jsonc"];

/** Biome skips files over 1 MiB unless it is told otherwise, and the validators of many messages are such. */
const FILE_SIZE_MAX = 16 * 1024 * 1024;

/** How we format where the project around the output folder has no configuration of its own. */
const OUR_FORMAT = { formatter: { indentStyle: "space", lineWidth: 100 } };

/**
 * Phase 6: the files as they are written. ts-morph finds what is wrong with their code; Biome, in one
 * call for all, gives them the look of the project that they become part of.
 */
export async function format(
  files: readonly Emitted[],
  outFolder: string,
  peers: Peers,
): Promise<readonly Emitted[]> {
  assertSound(files, peers.tsMorph);
  return await formatted(files, outFolder, peers.biomePath);
}

/** The files in the look of the project around `outFolder`, in one call of Biome. */
export async function formatted(
  files: readonly Emitted[],
  outFolder: string,
  biomePath: string,
): Promise<readonly Emitted[]> {
  const folder = await mkdtemp(join(tmpdir(), "rnp-gen-"));
  try {
    await Promise.all(files.map((file) => writeBelow(folder, file)));
    await writeFile(join(folder, "biome.json"), JSON.stringify(configFor(outFolder)));
    await runBiome(biomePath, folder);
    return await Promise.all(files.map(({ path }) => readBelow(folder, path)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function writeBelow(folder: string, { path, text }: Emitted): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), text);
}

async function readBelow(folder: string, path: string): Promise<Emitted> {
  return { path, text: await readFile(join(folder, path), "utf8") };
}

/** `check` without the linter: it formats, and sorts the imports besides. */
async function runBiome(biomePath: string, folder: string): Promise<void> {
  const argv = [biomePath, "check", "--write", "--linter-enabled=false", folder];
  await promisify(execFile)(process.execPath, argv, { cwd: folder });
}

/** The project's own rules, but for which files they hold: these here are elsewhere. */
function configFor(outFolder: string): object {
  const config = findConfig(outFolder);
  const rules = config === undefined ? OUR_FORMAT : { extends: [config] };
  const files = { includes: ["**"], maxSize: FILE_SIZE_MAX };
  return { ...rules, root: true, files, vcs: { enabled: false } };
}

function findConfig(folder: string): string | undefined {
  const names = CONFIG_NAMES.map((name) => join(folder, name));
  const parent = dirname(folder);
  return names.find(existsSync) ?? (parent === folder ? undefined : findConfig(parent));
}
