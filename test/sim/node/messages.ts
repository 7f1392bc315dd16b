import { FS_READ } from "../../../generated/messages/fs/read.js";
import { FS_REPLICATE } from "../../../generated/messages/fs/replicate.js";
import { GOSSIP_HEARTBEAT } from "../../../generated/messages/gossip/heartbeat.js";
import { INSTANCE_HANDOVER } from "../../../generated/messages/instance/handover.js";
import { INSTANCE_LOCATE } from "../../../generated/messages/instance/locate.js";
import type { InstanceLocation } from "../../../generated/messages/instance/location.js";
import { LOG_SUBSCRIBE } from "../../../generated/messages/log/subscribe.js";
import type { MessageType, StreamType } from "../../../runtime/wire/message-type.js";

const CHECKSUM = `sha256:${"0".repeat(64)}`;
const FILE_ID = "file-7a1d9e275220d354c01c675ba638e47b";

/** What a message of the workload carries: the number of its call, and what it is compared by. */
export interface Content {
  readonly call: number;
  readonly digest: string;
}

/** A message as it is given to a connection. */
export interface Made<Type extends MessageType = MessageType> {
  readonly type: Type;
  readonly data: unknown;
  readonly digest: string;
}

/** Costs credit; nothing is to come back for it but an acknowledgement. */
export function chunkOf(call: number, bytes: Uint8Array): Made {
  const data = { file_id: FILE_ID, chunk_id: call, chunk_data: bytes, checksum: CHECKSUM };
  return { type: FS_REPLICATE, data, digest: digestOf(bytes) };
}

/** Small, and of a type whose messages are handled in order. */
export function handoverOf(call: number): Made {
  return {
    type: INSTANCE_HANDOVER,
    data: { instance_id: `call-${call}`, result: "taken" },
    digest: "",
  };
}

/** A control message. */
export function beatOf(call: number): Made {
  const data = { sequence: call, cpu_percent: 1, ram_used_mb: 1, instances: 1 };
  return { type: GOSSIP_HEARTBEAT, data, digest: "" };
}

export function requestOf(call: number): Made {
  return { type: INSTANCE_LOCATE, data: { instance_id: `call-${call}` }, digest: "" };
}

/** Streams of even calls have small items, those of odd ones have large ones. */
export function streamOf(call: number): Made<StreamType<unknown>> {
  const type = (call % 2 === 0 ? LOG_SUBSCRIBE : FS_READ) as StreamType<unknown>;
  const data = call % 2 === 0 ? { instance_id: `call-${call}` } : { path: `/call-${call}` };
  return { type, data, digest: "" };
}

/** The answer to a request; `word` tells it from others. */
export function answerOf(call: number, word: string): { data: InstanceLocation; digest: string } {
  const data = { instance_id: `call-${call}`, node: word };
  return { data, digest: digestOfAnswer(data) };
}

export function digestOfAnswer({ instance_id, node }: InstanceLocation): string {
  return `${instance_id}/${node}`;
}

export function itemOf(call: number, index: number, bytes: Uint8Array) {
  if (call % 2 === 1) return { offset: index, chunk_data: bytes, checksum: CHECKSUM };
  const text = Buffer.from(bytes.subarray(0, LINE_LENGTH_MAX)).toString("hex");
  const at = { sequence: index + 1, timestamp: 1_705_075_200_000 };
  return { ...at, instance_id: `call-${call}`, output: "stdout", text };
}

/** Where an item stands in its stream, and what it is compared by. */
export function contentOfItem(item: unknown): { index: number; digest: string } {
  const { sequence, text, offset, chunk_data } = item as Partial<{
    sequence: number;
    text: string;
    offset: number;
    chunk_data: Uint8Array;
  }>;
  if (chunk_data !== undefined) return { index: offset!, digest: digestOf(chunk_data) };
  return { index: sequence! - 1, digest: digestOf(Buffer.from(text!)) };
}

/** What a message that arrived carries. */
export function contentOf(type: MessageType, data: unknown): Content {
  const fields = data as Record<string, unknown>;
  switch (type.type) {
    case FS_REPLICATE.type:
      return { call: fields.chunk_id as number, digest: digestOf(fields.chunk_data as Uint8Array) };
    case GOSSIP_HEARTBEAT.type:
      return { call: fields.sequence as number, digest: "" };
    default: {
      const name = (fields.instance_id ?? fields.path) as string;
      return { call: Number(name.slice(name.indexOf("-") + 1)), digest: "" };
    }
  }
}

/** Whether a node of the workload has a handler for messages of this type; answers and items have none. */
export function isHandled(type: MessageType): boolean {
  return HANDLED.has(type);
}

const HANDLED: ReadonlySet<MessageType> = new Set<MessageType>([
  FS_REPLICATE,
  GOSSIP_HEARTBEAT,
  INSTANCE_HANDOVER,
  INSTANCE_LOCATE,
  LOG_SUBSCRIBE,
  FS_READ,
]);

/** FNV-1a over the bytes and their number. */
export function digestOf(bytes: Uint8Array): string {
  let hash = 0x811c_9dc5;
  for (let at = 0; at < bytes.length; at++) hash = Math.imul(hash ^ bytes[at]!, 0x0100_0193);
  return `${bytes.length}:${(hash >>> 0).toString(16)}`;
}

/** Text of an entry: two characters for each byte, within what its schema allows. */
const LINE_LENGTH_MAX = 2048;
