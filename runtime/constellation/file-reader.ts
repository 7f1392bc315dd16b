import { createHash } from "node:crypto";
import { type FsChunk, type FsRead, isRnpError, RnpError } from "../index.js";
import {
  type FileSourceNode,
  type FindOptions,
  findHolders,
  type Holder,
  type ReadFailure,
  type ReadingNetwork,
  sourceOf,
} from "./file-holders.js";
import { checksumOf, pathSegments } from "./file-manifest.js";
import { patiently } from "./patiently.js";

export interface ReadFileOptions extends FindOptions {
  /** Where to begin, in bytes. Default 0. */
  readonly offset?: number;
  /** How many bytes at most. Default: up to the end. */
  readonly length?: number;
  /** How long a node may take to send the next piece before another one is read from. Default 10 s. */
  readonly pieceTimeoutMs?: number;
}

/**
 * Reads a file of the distributed filesystem piece by piece, each at most 1 MiB, from the nearest healthy
 * node that holds it. A node that fails on the way is replaced by the next one, at the byte where it
 * failed and in the same version. Each piece is verified before it is given; the whole, where all of it
 * is read, before the end.
 *
 * @throws RnpError `NOT_FOUND` where every node that is alive says that it does not hold the file (with a
 *   `checksum`: this version of it); `UNAVAILABLE` where those that hold it, or may, have failed;
 *   `CANCELLED`
 */
export async function* streamFile(
  network: ReadingNetwork,
  path: string,
  options: ReadFileOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const holders = await holdersOf(network, path, options);
  const culprits = yield* rangeFrom(network, path, holders, options);
  if (culprits.length > 0) throw damaged(path, culprits);
}

/**
 * Reads a whole file, or a range of it, into memory; otherwise as `streamFile`. Where the whole does not have
 * its checksum, because a replica has decayed on its disk, the others are read.
 */
export async function readFile(
  network: ReadingNetwork,
  path: string,
  options: ReadFileOptions = {},
): Promise<Uint8Array> {
  let holders = await holdersOf(network, path, options);
  for (;;) {
    const { bytes, culprits } = await collect(rangeFrom(network, path, holders, options));
    if (culprits.length === 0) return bytes;
    holders = holders.filter(({ node }) => !culprits.includes(node));
    if (holders.length === 0) throw damaged(path, culprits);
  }
}

async function holdersOf(
  network: ReadingNetwork,
  path: string,
  options: ReadFileOptions,
): Promise<readonly Holder[]> {
  pathSegments(path);
  const { holders, failures } = await findHolders(network, path, options);
  if (options.signal?.aborted) throw givenUp(path, options.signal.reason);
  if (holders.length === 0) throw nowhere(path, failures);
  return holders;
}

/** Gives the range; returns whom it was read from where the whole does not have its checksum. */
async function* rangeFrom(
  network: ReadingNetwork,
  path: string,
  holders: readonly Holder[],
  options: ReadFileOptions,
): AsyncGenerator<Uint8Array, string[], undefined> {
  const { size, checksum } = holders[0]!;
  const { offset = 0, length = size, localStore } = options;
  const end = Math.min(size, offset + length);
  const hash = offset === 0 && end === size ? createHash("sha256") : undefined;
  const failures: ReadFailure[] = [];
  const used: string[] = [];
  let at = offset;
  for (const { node } of holders) {
    if (at >= end) break;
    used.push(node);
    const request = { path, offset: at, length: end - at, checksum };
    try {
      for await (const bytes of pieces(sourceOf(network, node, localStore), request, options)) {
        hash?.update(bytes);
        at += bytes.length;
        yield bytes;
      }
    } catch (error) {
      if (options.signal?.aborted) throw givenUp(path, options.signal.reason);
      failures.push({ node, error });
    }
  }
  if (at < end) throw allFailed(path, at, failures);
  const isWhole = hash === undefined || `sha256:${hash.digest("hex")}` === checksum;
  return isWhole ? [] : used;
}

async function collect(range: AsyncGenerator<Uint8Array, string[], undefined>) {
  const parts: Uint8Array[] = [];
  for (;;) {
    const { done, value } = await range.next();
    if (done === true) return { bytes: Buffer.concat(parts), culprits: value };
    parts.push(value);
  }
}

/** The range from one node, verified; throws where it is not all of it. */
async function* pieces(
  source: FileSourceNode,
  request: Required<FsRead>,
  { pieceTimeoutMs = 10_000, signal }: ReadFileOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const end = request.offset + request.length;
  let at = request.offset;
  const open = (limits: { signal: AbortSignal }) => source.read(request, limits);
  for await (const piece of patiently(open, pieceTimeoutMs, signal)) {
    const bytes = verified(piece, at, end);
    at += bytes.length;
    if (bytes.length > 0) yield bytes;
  }
  if (at < end) throw unexpected("/offset", `bytes up to ${end}`, `the end at ${at}`);
}

function verified({ offset, chunk_data, checksum }: FsChunk, at: number, end: number): Uint8Array {
  if (offset !== at) throw unexpected("/offset", String(at), String(offset));
  if (at + chunk_data.length > end) {
    throw unexpected("/chunk_data", `at most ${end - at} bytes`, `${chunk_data.length} bytes`);
  }
  const got = checksumOf(chunk_data);
  if (got !== checksum) throw unexpected("/checksum", got, checksum);
  return chunk_data;
}

function unexpected(pointer: string, expected: string, got: string): RnpError {
  return new RnpError("PROTOCOL_ERROR", `fs.chunk: ${pointer}: expected ${expected}, got ${got}`, {
    details: { message_type: "fs.chunk", pointer, expected, got },
  });
}

function givenUp(path: string, cause: unknown): RnpError {
  return new RnpError("CANCELLED", `reading ${path} was given up`, { cause });
}

/** Nobody has it, or nobody who could be asked. */
function nowhere(path: string, failures: readonly ReadFailure[]): RnpError {
  const silent = failures.filter(({ error }) => !isRnpError(error) || !DENIALS.has(error.code));
  if (silent.length === 0) {
    return new RnpError("NOT_FOUND", `${path}: no storage node that is alive holds it`, {
      details: { kind: "file", id: path },
    });
  }
  const text = `${path}: nobody who answered holds it, and ${reasons(silent)}`;
  return new RnpError("UNAVAILABLE", text, { details: { reason: "storage nodes did not answer" } });
}

function allFailed(path: string, at: number, failures: readonly ReadFailure[]): RnpError {
  const text = `${path}: every replica failed, the last one at byte ${at}: ${reasons(failures)}`;
  return new RnpError("UNAVAILABLE", text, { details: { reason: "every replica failed" } });
}

function damaged(path: string, nodes: readonly string[]): RnpError {
  const text = `${path}: what ${nodes.join(" and ")} gave does not have the checksum of the file`;
  return new RnpError("INTERNAL_ERROR", `${text}: a replica is damaged`);
}

function reasons(failures: readonly ReadFailure[]): string {
  return failures
    .slice(0, REASON_COUNT_MAX)
    .map(({ node, error }) => `${node}: ${error instanceof Error ? error.message : String(error)}`)
    .join("; ");
}

/** With these a node says that it does not have what was asked for. */
const DENIALS: ReadonlySet<string> = new Set(["NOT_FOUND", "CONFLICT"]);
const REASON_COUNT_MAX = 5;
