import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

/** Where an instance works. Its id is checked by the schema: one path segment. */
export function instanceFolder(dataDir: string, instanceId: string): string {
  return join(dataDir, "instances", instanceId);
}

/** Makes the folder in which an instance works. */
export async function makeInstanceFolder(dataDir: string, instanceId: string): Promise<string> {
  const folder = instanceFolder(dataDir, instanceId);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return folder;
}

export interface PruneOptions {
  readonly dataDir: string;
  readonly isInUse: (instanceId: string) => boolean;
  readonly keptCountMax: number;
  /** Called before the folder of an instance is removed. */
  readonly onRemove: (instanceId: string) => void;
}

/**
 * Removes the folders of ended instances, but for the `keptCountMax` newest, whose logs somebody may still
 * want to read. Without it a node that starts an instance a minute fills its disk with folders.
 */
export async function pruneInstanceFolders({
  dataDir,
  isInUse,
  keptCountMax,
  onRemove,
}: PruneOptions): Promise<void> {
  const root = join(dataDir, "instances");
  const ended = (await readdir(root)).filter((id) => !isInUse(id));
  if (ended.length <= keptCountMax) return;
  const aged = await Promise.all(
    ended.map(async (id) => ({ id, atMs: (await stat(join(root, id))).mtimeMs })),
  );
  aged.sort((a, b) => b.atMs - a.atMs);
  for (const { id } of aged.slice(keptCountMax)) {
    if (isInUse(id)) continue;
    onRemove(id);
    await rm(join(root, id), { recursive: true, force: true });
  }
}
