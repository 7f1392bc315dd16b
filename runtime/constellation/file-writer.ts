import { type FsReplicate, type Member, RnpError } from "../index.js";
import { type FileContent, type FileSource, openContent } from "./file-content.js";
import {
  CHUNK_SIZE_MAX,
  checksumOf,
  type FileManifest,
  fileId,
  pathSegments,
} from "./file-manifest.js";

/** The part of a node that writing files needs. */
export interface StorageNetwork {
  readonly id: string;
  memberList(): readonly Member[];
  peer(node: string): { readonly fs: Replica };
}

/** Whoever takes a file: a storage node, or the store of this node itself. */
export interface Replica {
  write(manifest: FileManifest, options?: { signal?: AbortSignal }): Promise<void>;
  replicate(chunk: FsReplicate, options?: { signal?: AbortSignal }): Promise<void>;
}

export interface WriteFileOptions {
  /** How many nodes hold the file afterwards. Default 3. */
  readonly replicationFactor?: number;
  /** Bytes of a chunk, at most and by default 1 MiB. Smaller chunks cost more messages. */
  readonly chunkSize?: number;
  /** Chunks under way to each replica at once. Default 4: enough to hide the round trip. */
  readonly chunkCountMax?: number;
  /** The store of this node, where it is a storage node itself. */
  readonly localStore?: Replica;
  readonly signal?: AbortSignal;
}

export interface WrittenFile {
  readonly file_id: string;
  readonly size: number;
  readonly checksum: string;
  /** The nodes that hold the file, each confirmed. */
  readonly replicas: readonly string[];
}

/**
 * Writes a file into the distributed filesystem and resolves when `replicationFactor` nodes hold it on
 * disk. A node that fails on the way is replaced by another one while there are any.
 */
export async function writeFile(
  network: StorageNetwork,
  path: string,
  source: FileSource,
  options: WriteFileOptions = {},
): Promise<WrittenFile> {
  checkOptions(options);
  pathSegments(path);
  const content = await openContent(source);
  try {
    return await writeContent(network, path, content, options);
  } finally {
    await content.close();
  }
}

async function writeContent(
  network: StorageNetwork,
  path: string,
  content: FileContent,
  options: WriteFileOptions,
): Promise<WrittenFile> {
  const { replicationFactor = 3, chunkSize = CHUNK_SIZE_MAX } = options;
  const { size, checksum } = content;
  const chunks = Math.max(1, Math.ceil(size / chunkSize));
  const manifest = { path, size, checksum, chunks, replication_factor: replicationFactor };
  const file_id = fileId(manifest);
  const candidates = storageNodes(network, file_id, options.localStore !== undefined);
  if (candidates.length < replicationFactor) throw tooFew(replicationFactor, candidates.length);
  const replicas: string[] = [];
  const failures: string[] = [];
  const fill = async (): Promise<void> => {
    for (let node = candidates.shift(); node !== undefined; node = candidates.shift()) {
      const isLocal = node === network.id && options.localStore !== undefined;
      const replica = isLocal ? options.localStore! : network.peer(node).fs;
      try {
        await copyTo(replica, manifest, content, options);
        replicas.push(node);
        return;
      } catch (error) {
        if (options.signal?.aborted) throw error;
        failures.push(`${node}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  };
  await Promise.all(Array.from({ length: replicationFactor }, fill));
  if (replicas.length === replicationFactor) return { file_id, size, checksum, replicas };
  throw new RnpError(
    "UNAVAILABLE",
    `${path}: ${replicas.length} of ${replicationFactor} replicas confirmed; ${failures.join("; ")}`,
    { outcome: "unknown", details: { reason: "replicas did not confirm" } },
  );
}

async function copyTo(
  replica: Replica,
  manifest: FileManifest,
  content: FileContent,
  { chunkSize = CHUNK_SIZE_MAX, chunkCountMax = 4, signal }: WriteFileOptions,
): Promise<void> {
  const call = signal === undefined ? {} : { signal };
  await replica.write(manifest, call);
  const file_id = fileId(manifest);
  let next = 0;
  const sendRest = async (): Promise<void> => {
    while (next < manifest.chunks) {
      if (signal?.aborted) throw givenUp(manifest.path, signal.reason);
      const chunk_id = next++;
      const chunk_data = await content.read(chunk_id * chunkSize, chunkSize);
      const checksum = checksumOf(chunk_data);
      await replica.replicate({ file_id, chunk_id, chunk_data, checksum }, call);
    }
  };
  const count = Math.min(chunkCountMax, manifest.chunks);
  try {
    await Promise.all(Array.from({ length: count }, sendRest));
  } finally {
    // After a failure the others stop with the chunk that they are at.
    next = manifest.chunks;
  }
}

/**
 * Storage nodes in the order in which they are asked: this node first, then by a hash of node and file,
 * which spreads files evenly and gives one file the same nodes each time.
 */
function storageNodes(network: StorageNetwork, file: string, hasStore: boolean): string[] {
  const { id } = network;
  const others = network
    .memberList()
    .filter(({ state, capabilities }) => state === "alive" && capabilities.includes("filesystem"))
    .map(({ node }) => node)
    .filter((node) => node !== id);
  const rank = (node: string): string => checksumOf(Buffer.from(`${file}\n${node}`));
  others.sort((a, b) => (rank(a) < rank(b) ? -1 : 1));
  return hasStore ? [id, ...others] : others;
}

function checkOptions({
  replicationFactor = 3,
  chunkSize = CHUNK_SIZE_MAX,
}: WriteFileOptions): void {
  if (!(replicationFactor >= 1 && replicationFactor <= REPLICATION_FACTOR_MAX)) {
    throw new RangeError(`replicationFactor: expected 1 to ${REPLICATION_FACTOR_MAX}`);
  }
  if (chunkSize >= 1 && chunkSize <= CHUNK_SIZE_MAX) return;
  throw new RangeError(`chunkSize: expected 1 to ${CHUNK_SIZE_MAX}`);
}

function givenUp(path: string, cause: unknown): RnpError {
  return new RnpError("CANCELLED", `writing ${path} was given up`, { outcome: "unknown", cause });
}

function tooFew(requested: number, available: number): RnpError {
  return new RnpError(
    "RESOURCE_EXHAUSTED",
    `${requested} storage nodes requested, ${available} available: add nodes or ask for fewer replicas`,
    { details: { nodes: available } },
  );
}

/** As the schema of `fs.write` says. */
const REPLICATION_FACTOR_MAX = 64;
