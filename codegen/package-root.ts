import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * The folder of this package, from its sources as well as from `dist`. Templates and meta schemas are
 * read from there, so that compiling is all it takes to build the generator.
 */
export const PACKAGE_ROOT = findPackageRoot(dirname(fileURLToPath(import.meta.url)));

function findPackageRoot(folder: string): string {
  const manifest = join(folder, "package.json");
  if (existsSync(manifest) && isOurs(manifest)) return folder;
  const parent = dirname(folder);
  if (parent === folder)
    throw new Error("rnp-gen is not inside its package: install @rads/rnp again");
  return findPackageRoot(parent);
}

function isOurs(manifest: string): boolean {
  const { name } = JSON.parse(readFileSync(manifest, "utf8")) as { name?: unknown };
  return name === "@rads/rnp";
}
