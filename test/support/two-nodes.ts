import { FS_REPLICATE, type FsReplicate } from "../../generated/messages/fs/replicate.js";
import type { LogEntry } from "../../generated/messages/log/entry.js";
import type { LogSubscribe } from "../../generated/messages/log/subscribe.js";
import type { SyncRequest } from "../../generated/messages/sync/request.js";
import type { SyncResponse } from "../../generated/messages/sync/response.js";
import { type End, Pair, type PairOptions } from "./pair.js";

/** What both sides agree on unless a test says otherwise. */
export const ALL = ["lz4", "bin", "flow", "streams", "delivery"];
/** Credit that either side begins with, in bytes. */
export const WINDOW = 65_536;

/** A pair of two nodes, so that each may send the other chunks, requests and subscriptions. */
export function twoNodes({ client, server, ...rest }: PairOptions = {}): Pair {
  return Pair.open({ client: { ...client }, server: { ...NODE_2, ...server }, ...rest });
}

const NODE_2 = { id: "node-2", role: "node" } as const;

/** A message of about `size` bytes, 1 MiB at most, that costs credit and needs no answer. */
export function chunk(size: number, id = 0): FsReplicate {
  const chunk_data = NOISE.subarray(0, size);
  return { file_id: FILE_ID, chunk_id: id, chunk_data, checksum: CHECKSUM };
}

/** Bytes that cannot be compressed. */
const NOISE = noise(1_048_576);

function noise(size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let index = 0, state = 1; index < size; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[index] = state >>> 24;
  }
  return bytes;
}

const FILE_ID = "file-7a1d9e275220d354c01c675ba638e47b";
const CHECKSUM = `sha256:${"0".repeat(64)}`;

export const ASK: SyncRequest = {};
export const TABLES: SyncResponse = { members: [], services: [], full: false };
export const SUBSCRIBE: LogSubscribe = { instance_id: "inst-1" };

export function line(sequence: number, text = "hello"): LogEntry {
  return { instance_id: "inst-1", sequence, timestamp: 1_705_075_200_000, output: "stdout", text };
}

/** Sends chunks until the sender has no credit left, and returns how many. */
export function exhaust({ connection }: End, size = 10_000): number {
  let count = 0;
  for (; connection.creditBytes > 0; count++) connection.send(FS_REPLICATE, chunk(size, count));
  return count;
}

/** The application settles all messages that it has been given. */
export function settleAll(end: End): void {
  for (const message of end.messages) end.connection.replies.settle(message);
}

/** Numbers of the chunks that have been delivered, in order. */
export function chunkIds(end: End): number[] {
  return end.messages
    .filter(({ type }) => type === FS_REPLICATE)
    .map(({ data }) => (data as FsReplicate).chunk_id);
}
