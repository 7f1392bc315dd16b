import { setTimeout as sleep } from "node:timers/promises";
import type { FsChunk, FsRead, Member } from "../index.js";

/** Whoever can be read from: a storage node, or the store of this node itself. */
export interface FileSourceNode {
  read(request: FsRead, options?: { signal?: AbortSignal }): AsyncIterable<FsChunk>;
}

/** The part of a node that reading files needs. */
export interface ReadingNetwork {
  readonly id: string;
  memberList(): readonly Member[];
  peer(node: string): { readonly fs: FileSourceNode };
}

/** A node that holds a file, and which version. */
export interface Holder {
  readonly node: string;
  readonly size: number;
  readonly checksum: string;
  readonly storedAtMs: number;
  /** From the question to the answer. */
  readonly roundTripMs: number;
}

export interface FindOptions {
  readonly checksum?: string;
  /** The store of this node, where it is a storage node itself. */
  readonly localStore?: FileSourceNode;
  /** How long one node may take to say whether it has the file. Default 2 s. */
  readonly answerTimeoutMs?: number;
  /** How much longer than the quickest the others may take. Default 250 ms. */
  readonly graceMs?: number;
  readonly signal?: AbortSignal;
}

/** What a search has found. */
export interface Found {
  /** Those that hold the version that is read, the nearest first. */
  readonly holders: readonly Holder[];
  /** Why the others were not counted among them. */
  readonly failures: readonly ReadFailure[];
}

/** Why a node could not be read from. */
export interface ReadFailure {
  readonly node: string;
  readonly error: unknown;
}

/**
 * Finds who holds a file. No table of the cluster says so: a writer places by the content, which a reader
 * does not know. So every storage node that is alive is asked for no bytes of it, at most `ASKED_COUNT_MAX`
 * at a time; the question is at the same time the measurement of the way there.
 *
 * Where nodes hold several versions and none is insisted on, the one that was stored last is read.
 */
export async function findHolders(
  network: ReadingNetwork,
  path: string,
  options: FindOptions,
): Promise<Found> {
  const { graceMs = 250, checksum } = options;
  const holders: Holder[] = [];
  const failures: ReadFailure[] = [];
  const enough = new AbortController();
  const signal = AbortSignal.any([enough.signal, ...(options.signal ? [options.signal] : [])]);
  const waiting = storageNodes(network, options.localStore !== undefined);
  const askRest = async (): Promise<void> => {
    for (let node = waiting.shift(); node !== undefined; node = waiting.shift()) {
      try {
        holders.push(await ask(network, node, path, { ...options, signal }));
        startGrace();
      } catch (error) {
        if (signal.aborted) return;
        failures.push({ node, error });
      }
    }
  };
  let grace: Promise<void> | undefined;
  const startGrace = (): void => {
    // A file of an insisted version is the same wherever it is: the quickest will do.
    const waitMs = checksum === undefined ? graceMs : 0;
    grace ??= sleep(waitMs, undefined, { signal }).then(
      () => enough.abort(),
      () => {},
    );
  };
  await Promise.all(Array.from({ length: ASKED_COUNT_MAX }, askRest));
  enough.abort();
  await grace;
  return { holders: newest(holders), failures };
}

/** The holders of the version that was stored last, the nearest first. */
export function newest(holders: readonly Holder[]): Holder[] {
  const last = holders.reduce<Holder | undefined>(
    (best, each) => (best === undefined || each.storedAtMs > best.storedAtMs ? each : best),
    undefined,
  );
  return holders
    .filter(({ checksum }) => checksum === last?.checksum)
    .sort((a, b) => a.roundTripMs - b.roundTripMs);
}

async function ask(
  network: ReadingNetwork,
  node: string,
  path: string,
  { checksum, localStore, answerTimeoutMs = 2000, signal }: FindOptions,
): Promise<Holder> {
  const source = sourceOf(network, node, localStore);
  const version = checksum === undefined ? {} : { checksum };
  const late = AbortSignal.timeout(answerTimeoutMs);
  const limits = { signal: signal === undefined ? late : AbortSignal.any([late, signal]) };
  const askedAtMs = performance.now();
  for await (const piece of source.read({ path, length: 0, ...version }, limits)) {
    const { file_size, file_checksum, stored_at = 0 } = piece;
    if (file_size === undefined || file_checksum === undefined) break;
    const roundTripMs = performance.now() - askedAtMs;
    return { node, size: file_size, checksum: file_checksum, storedAtMs: stored_at, roundTripMs };
  }
  throw new Error("its answer does not say what the file is");
}

/** This node's own store where `node` is this node, else the node itself. */
export function sourceOf(
  network: ReadingNetwork,
  node: string,
  localStore: FileSourceNode | undefined,
): FileSourceNode {
  return node === network.id && localStore !== undefined ? localStore : network.peer(node).fs;
}

function storageNodes(network: ReadingNetwork, hasStore: boolean): string[] {
  const others = network
    .memberList()
    .filter(({ state, capabilities }) => state === "alive" && capabilities.includes("filesystem"))
    .map(({ node }) => node)
    .filter((node) => node !== network.id);
  return hasStore ? [network.id, ...others] : others;
}

/** Each question may cost a connection. */
const ASKED_COUNT_MAX = 32;
