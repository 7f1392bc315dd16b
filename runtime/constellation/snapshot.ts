import type { BigIntStats } from "node:fs";
import { lstat, readdir, readlink } from "node:fs/promises";
import { join } from "node:path";
import { type InstanceCreate, type Logger, RnpError } from "../index.js";
import {
  encodeManifest,
  isSafePath,
  NOT_CARRIED,
  type SnapshotEntry,
  staysInside,
} from "./snapshot-manifest.js";

/** The state of an instance's folder, and what was the instance created with. */
export interface Snapshot {
  /** Two snapshots with one id are one state. */
  readonly id: string;
  readonly folder: string;
  readonly create: InstanceCreate;
  readonly manifest: Uint8Array;
  readonly entries: readonly SnapshotEntry[];
  /** The manifest and the contents of all files. */
  readonly totalBytes: number;
}

/**
 * Looks at a folder without reading its files: names, permissions, sizes, and when each last changed. So it
 * is done at once however much there is, and again at the end of a transfer, to see that nothing changed.
 *
 * Sockets, pipes and devices are left out: they mean something only where they are. A link that leads out of
 * the folder, or a name that is no UTF-8, is refused.
 *
 * @throws RnpError `UNSUPPORTED`, `QUOTA_EXCEEDED` where there are too many files
 */
export async function takeSnapshot(
  folder: string,
  create: InstanceCreate,
  logger: Logger,
): Promise<Snapshot> {
  const scan = new Scan(folder, logger);
  await scan.enter("");
  const entries = scan.entries.sort((a, b) => (a.path < b.path ? -1 : 1));
  const disk_bytes = scan.diskBytes;
  const { bytes: manifest, id } = encodeManifest({ version: 1, create, disk_bytes, entries });
  const sizes = entries.map((entry) => (entry.kind === "file" ? entry.size : 0));
  const totalBytes = sizes.reduce((sum, size) => sum + size, manifest.length);
  return { id, folder, create, manifest, entries, totalBytes };
}

class Scan {
  readonly entries: SnapshotEntry[] = [];
  diskBytes = 0;
  readonly #root: string;
  readonly #logger: Logger;

  constructor(root: string, logger: Logger) {
    this.#root = root;
    this.#logger = logger;
  }

  async enter(folder: string): Promise<void> {
    const names = await readdir(join(this.#root, folder), { encoding: "buffer" });
    for (const name of names) {
      const path = folder === "" ? textOf(name) : `${folder}/${textOf(name)}`;
      if (NOT_CARRIED.has(path)) continue;
      if (!isSafePath(path)) throw unmovable(path, "its name means another path elsewhere");
      await this.#add(path, await lstat(join(this.#root, path), { bigint: true }));
    }
  }

  async #add(path: string, found: BigIntStats): Promise<void> {
    const mode = Number(found.mode) & 0o777;
    if (found.isDirectory()) {
      this.entries.push({ path, kind: "folder", mode });
      await this.enter(path);
    } else if (found.isFile()) {
      const size = Number(found.size);
      const mtime_ms = Math.max(0, Math.floor(Number(found.mtimeMs)));
      // The time of change cannot be set by anybody, unlike that of modification.
      const change = `${found.ino}-${found.ctimeNs}`;
      this.entries.push({ path, kind: "file", mode, size, mtime_ms, change });
      this.diskBytes += Math.min(size, Number(found.blocks) * BLOCK_SIZE);
    } else if (found.isSymbolicLink()) {
      const target = await readlink(join(this.#root, path));
      if (!staysInside(path, target)) throw unmovable(path, "it is a link out of the folder");
      this.entries.push({ path, kind: "link", target });
    } else {
      this.#logger.debug({ path }, "a socket, pipe or device is left behind");
    }
  }
}

function textOf(name: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(name);
  } catch {
    throw unmovable(name.toString(), "its name is no UTF-8");
  }
}

function unmovable(path: string, why: string): RnpError {
  return new RnpError(
    "UNSUPPORTED",
    `the instance cannot be moved: ${JSON.stringify(path)}: ${why}; remove it first`,
    { details: { feature: "moving this file", message_type: "instance.transfer" } },
  );
}

/** The unit of `st_blocks`, whatever the filesystem's own is. */
const BLOCK_SIZE = 512;
