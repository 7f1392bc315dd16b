import { mkdirSync, mkdtempSync, rmSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { PACKAGE_ROOT } from "../../../codegen/package-root.js";

/**
 * A folder for stores that goes with its user, at the latest with the process. It is beside what was built, and
 * not with other temporary files, which many a system keeps in memory: there `fsync` costs nothing.
 */
export class RealFolder implements Disposable {
  readonly path: string;

  constructor() {
    const parent = join(PACKAGE_ROOT, "dist");
    mkdirSync(parent, { recursive: true });
    this.path = mkdtempSync(join(parent, "bench-"));
    process.once("exit", this.#remove);
  }

  /**
   * What it is on.
   *
   * @throws Error where that is memory all the same
   */
  get fileSystem(): string {
    const { type } = statfsSync(this.path);
    const name = FILE_SYSTEMS[type] ?? `0x${type.toString(16)}`;
    if (name === "tmpfs") throw new Error(`${this.path} is in memory; work on a disk`);
    return name;
  }

  [Symbol.dispose](): void {
    process.off("exit", this.#remove);
    this.#remove();
  }

  readonly #remove = () => rmSync(this.path, { recursive: true, force: true });
}

/** By what `statfs` of Linux calls them. */
const FILE_SYSTEMS: Readonly<Record<number, string>> = {
  16914836: "tmpfs",
  61267: "ext4",
  1481003842: "xfs",
  2435016766: "btrfs",
  801189825: "zfs",
  2035054128: "overlayfs",
};
