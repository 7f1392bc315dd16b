import { open, realpath, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { type FsRead, RnpError } from "../index.js";
import { makeFolderDurably, moveDurably } from "../node/durable-file.js";
import { isBelow } from "./below.js";
import { readExactly } from "./file-content.js";
import { FileIndex } from "./file-index.js";
import { type FileManifest, pathSegments } from "./file-manifest.js";
import type { OpenFile } from "./file-pieces.js";

/** A finished file: its cluster path, and where it lies on this machine. */
export interface FinishedFile {
  readonly path: string;
  readonly localPath: string;
  readonly manifest: FileManifest;
}

/**
 * The files of a replica that are complete: `files/<path>` has their content, and `index/` says what each is. The
 * caller sees to one change at a time, so that both say the same.
 */
export class FinishedFiles {
  readonly #folder: string;
  readonly #index: FileIndex;

  private constructor(folder: string, index: FileIndex) {
    this.#folder = folder;
    this.#index = index;
  }

  /** Opens those below `root`. */
  static async open(root: string): Promise<FinishedFiles> {
    const folder = join(root, "files");
    await makeFolderDurably(folder);
    return new FinishedFiles(folder, await FileIndex.open(join(root, "index")));
  }

  /** Whether exactly this content is what its path holds. */
  has(id: string): boolean {
    return this.#index.has(id);
  }

  list(): FinishedFile[] {
    return this.#index.list().map((manifest) => ({
      path: manifest.path,
      localPath: this.#localPath(manifest.path),
      manifest,
    }));
  }

  /**
   * Opens a file for reading. What is written to its path later does not change it.
   *
   * @throws RnpError `NOT_FOUND`, `CONFLICT` where another version is wanted than is here
   */
  async read({ path, checksum }: FsRead): Promise<OpenFile> {
    const manifest = this.#index.at(path);
    if (manifest === undefined) throw notHere(path);
    if (checksum !== undefined && checksum !== manifest.checksum) {
      throw otherVersion(path, checksum, manifest.checksum);
    }
    const file = await open(this.#localPath(path), "r").catch((error: NodeJS.ErrnoException) => {
      throw error.code === "ENOENT" ? notHere(path) : error;
    });
    const { mtimeMs } = await file.stat();
    return {
      size: manifest.size,
      checksum: manifest.checksum,
      storedAtMs: mtimeMs,
      read: (offset, size) => readExactly(file, offset, size),
      close: () => file.close(),
    };
  }

  /**
   * Makes the folder that a file is to lie in.
   *
   * @throws RnpError `ALREADY_EXISTS` where the path cannot be that of a file
   */
  async makeParent(path: string): Promise<void> {
    const root = await realpath(this.#folder);
    const local = this.#localPath(path);
    const parent = dirname(local);
    await makeFolderDurably(parent).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOTDIR" && error.code !== "EEXIST") throw error;
      throw occupied(path, "lies below a file: a file cannot be a folder", error);
    });
    const real = await realpath(parent);
    if (real !== root && !isBelow(root, real)) throw occupied(path, "leads out of the store");
    const isFolder = await stat(local).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (isFolder) throw occupied(path, "is a folder that holds other files");
  }

  /** Moves a complete file, which lies at `from`, to its place. */
  async add(manifest: FileManifest, from: string): Promise<void> {
    await moveDurably(from, this.#localPath(manifest.path));
    await this.#index.add(manifest);
  }

  #localPath(path: string): string {
    return join(this.#folder, ...pathSegments(path));
  }
}

function notHere(path: string): RnpError {
  return new RnpError("NOT_FOUND", `${path} is not stored on this node`, {
    details: { kind: "file", id: path },
  });
}

function otherVersion(path: string, expected: string, got: string): RnpError {
  return new RnpError("CONFLICT", `${path} is stored here in another version`, {
    details: { kind: "file", id: path, expected, got },
  });
}

/** A path that a file cannot have now. */
export function occupied(path: string, why: string, cause?: unknown): RnpError {
  const details = { kind: "file", id: path };
  return new RnpError("ALREADY_EXISTS", `${path} ${why}`, { details, cause });
}
