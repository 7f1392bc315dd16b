import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { makeFolderDurably, writeDurably } from "../node/durable-file.js";
import { type FileManifest, fileId } from "./file-manifest.js";

/**
 * Which files are finished, on disk as one small file per path. The older content of a path is forgotten
 * with the newer one, so that it can be written again.
 */
export class FileIndex {
  readonly #folder: string;
  readonly #manifests = new Map<string, FileManifest>();

  private constructor(folder: string) {
    this.#folder = folder;
  }

  static async open(folder: string): Promise<FileIndex> {
    const index = new FileIndex(folder);
    await makeFolderDurably(folder);
    for (const name of await readdir(folder)) {
      if (!name.endsWith(".json")) continue;
      const manifest = JSON.parse(await readFile(join(folder, name), "utf8")) as FileManifest;
      index.#manifests.set(fileId(manifest), manifest);
    }
    return index;
  }

  /** Whether exactly this content is what its path holds. */
  has(id: string): boolean {
    return this.#manifests.has(id);
  }

  /** What `path` holds, whatever version that is. */
  at(path: string): FileManifest | undefined {
    return this.list().find((manifest) => manifest.path === path);
  }

  list(): FileManifest[] {
    return [...this.#manifests.values()];
  }

  async add(manifest: FileManifest): Promise<void> {
    const name = fileId({ path: manifest.path, checksum: "" });
    await writeDurably(join(this.#folder, `${name}.json`), Buffer.from(JSON.stringify(manifest)));
    for (const [id, { path }] of this.#manifests) {
      if (path === manifest.path) this.#manifests.delete(id);
    }
    this.#manifests.set(fileId(manifest), manifest);
  }
}
