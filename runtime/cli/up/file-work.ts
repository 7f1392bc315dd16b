import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { checksumOfFile, replicaPath } from "./replicas.js";
import { inTurn, others, type WorkSite } from "./work-site.js";

/** Files that members write into the distributed filesystem, each a turn, and that others read. */
export class FileWork {
  readonly #site: WorkSite;

  constructor(site: WorkSite) {
    this.#site = site;
  }

  /** A member writes a file; each replica is compared on its disk, and the file read back. */
  async writeAndRead(size: number): Promise<void> {
    const { constellation, counts, report } = this.#site;
    const writer = inTurn(others(this.#site), counts.files_written);
    // A few names in turn, so that a view that stays open for days does not fill the disk.
    const path = `/report-${counts.files_written % FILE_NAME_COUNT}.bin`;
    const localPath = join(constellation.folder.path, "report.bin");
    await writeFile(localPath, randomBytes(size));
    const expected = (await checksumOfFile(localPath))!;
    const wanted = Math.min(REPLICA_COUNT_MAX, constellation.nodes.length);
    const written = await writer.do("write-file", { path, localPath, replicas: wanted });
    const { checksum, replicas } = written;
    const verified = await this.#verified(path, replicas, expected);
    counts.files_written += 1;
    counts.replicas_verified += verified.length;
    const file = { by: writer.node, path, size, checksum, replicas, verified };
    report({ event: "file_written", ...file });
    if (verified.length < wanted || checksum !== expected) {
      throw new Error(
        `${path}: ${verified.length} of ${wanted} replicas have the checksum ${expected}`,
      );
    }
    await this.#readBack(path, replicas, { writer: writer.node, expected });
  }

  /** The nodes that have the right bytes on their disks. */
  async #verified(path: string, replicas: readonly string[], expected: string): Promise<string[]> {
    const { folder } = this.#site.constellation;
    const verified: string[] = [];
    for (const node of replicas) {
      const actual = await checksumOfFile(replicaPath(folder.dataDir(node), path));
      if (actual === expected) verified.push(node);
    }
    return verified;
  }

  /** Another member than the writer reads the file from the nearest that holds it. */
  async #readBack(
    path: string,
    replicas: readonly string[],
    { writer, expected }: { readonly writer: string; readonly expected: string },
  ): Promise<void> {
    const { counts, report } = this.#site;
    // Who holds the only replica has nobody to read from.
    const [only] = replicas.length === 1 ? replicas : [];
    const able = others(this.#site).filter(({ node }) => node !== only);
    const rest = able.filter(({ node }) => node !== writer);
    const reader = inTurn(rest.length === 0 ? able : rest, counts.files_read);
    const read = await reader.do("read-file", { path });
    if (read.checksum !== expected) {
      const got = `${read.size} bytes with the checksum ${read.checksum}`;
      throw new Error(`${reader.node} read ${path} as ${got} instead of ${expected}`);
    }
    counts.files_read += 1;
    report({ event: "file_read", by: reader.node, path, ...read });
  }
}

const FILE_NAME_COUNT = 10;
const REPLICA_COUNT_MAX = 3;
