import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { FileWritten } from "./events.js";
import { checksumOfFile, replicaPath } from "./replicas.js";
import { inTurn, type WorkSite } from "./work-site.js";

/** Files that the nodes write into the distributed filesystem, one after the other. */
export class FileWork {
  readonly #site: WorkSite;

  constructor(site: WorkSite) {
    this.#site = site;
  }

  /** A node writes a file; then each replica is read from its node's disk and compared. */
  async write(size: number): Promise<FileWritten> {
    const { nodes, folder } = this.#site.constellation;
    const writer = inTurn(nodes, this.#site.counts.files_written);
    // A few names in turn, so that a view that stays open for days does not fill the disk.
    const path = `/report-${this.#site.counts.files_written % FILE_NAME_COUNT}.bin`;
    const localPath = join(folder.path, "report.bin");
    await writeFile(localPath, randomBytes(size));
    const expected = await checksumOfFile(localPath);
    const wanted = Math.min(REPLICA_COUNT_MAX, nodes.length);
    const written = await writer.do("write-file", { path, localPath, replicas: wanted });
    const { checksum, replicas } = written;
    const verified: string[] = [];
    for (const node of replicas) {
      const actual = await checksumOfFile(replicaPath(folder.dataDir(node), path));
      if (actual === expected) verified.push(node);
    }
    this.#site.counts.files_written += 1;
    this.#site.counts.replicas_verified += verified.length;
    const facts = { by: writer.node, path, size, checksum, replicas, verified };
    const file: FileWritten = { event: "file_written", ...facts };
    this.#site.report(file);
    if (verified.length === wanted && checksum === expected) return file;
    throw new Error(
      `${path}: ${verified.length} of ${wanted} replicas have the checksum ${expected}`,
    );
  }

  /** The controller stores nothing itself, so it reads from a node. */
  async read({ path, checksum: expected }: FileWritten): Promise<void> {
    const { controller } = this.#site.constellation;
    const { size, checksum } = await controller.do("read-file", { path });
    this.#site.report({ event: "file_read", by: controller.node, path, size, checksum });
    if (checksum !== expected) throw new Error(`${path} reads as ${checksum}, not ${expected}`);
  }
}

const FILE_NAME_COUNT = 10;
const REPLICA_COUNT_MAX = 3;
