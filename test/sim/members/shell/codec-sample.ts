import { isDeepStrictEqual } from "node:util";
import { GOSSIP_ANNOUNCE } from "../../../../generated/messages/gossip/announce.js";
import { GOSSIP_HEARTBEAT } from "../../../../generated/messages/gossip/heartbeat.js";
import { GOSSIP_LEAVE } from "../../../../generated/messages/gossip/leave.js";
import { GOSSIP_PROBE } from "../../../../generated/messages/gossip/probe.js";
import { GOSSIP_PROBE_RESULT } from "../../../../generated/messages/gossip/probe_result.js";
import { GOSSIP_SUSPECT } from "../../../../generated/messages/gossip/suspect.js";
import { SYNC_REQUEST } from "../../../../generated/messages/sync/request.js";
import { SYNC_RESPONSE } from "../../../../generated/messages/sync/response.js";
import type { MessageType } from "../../../../runtime/wire/message-type.js";
import { PackReader } from "../../../../runtime/wire/pack-reader.js";
import { PackWriter } from "../../../../runtime/wire/pack-writer.js";
import type { Frame } from "./frame.js";

type Kind = Exclude<Frame["kind"], "ping" | "pong">;

const TYPES: Readonly<Record<Kind, MessageType>> = {
  announce: GOSSIP_ANNOUNCE,
  heartbeat: GOSSIP_HEARTBEAT,
  leave: GOSSIP_LEAVE,
  suspect: GOSSIP_SUSPECT,
  probe: GOSSIP_PROBE,
  "probe-result": GOSSIP_PROBE_RESULT,
  sync: SYNC_REQUEST,
  "sync-response": SYNC_RESPONSE,
};

/** What the shell of the runtime adds to each heartbeat. */
const LOAD = { cpu_percent: 12.5, ram_used_mb: 512, instances: 3 };

/**
 * Frames travel as objects in this world, which would hide what does not survive the wire. So one in so many is
 * written and read as on a connection, and has to be what it was.
 */
export class CodecSample {
  /** Messages that were written, and the sum of their payloads, without envelopes and headers. */
  sampleCount = 0;
  byteCount = 0;
  /** All messages that came, written or not. */
  seenCount = 0;
  readonly #every: number;

  constructor(every: number) {
    this.#every = every;
  }

  /** @throws Error where a frame cannot be written, or is read as another */
  look(frame: Frame): void {
    this.seenCount += 1;
    if (this.seenCount % this.#every !== 0) return;
    if (frame.kind === "ping" || frame.kind === "pong") return;
    const data = frame.kind === "heartbeat" ? { ...frame.data, ...LOAD } : frame.data;
    const bytes = written(TYPES[frame.kind], data);
    const read = readBack(TYPES[frame.kind], bytes);
    if (!isDeepStrictEqual(read, data)) {
      throw new Error(`${JSON.stringify(data)} was read as ${JSON.stringify(read)}`);
    }
    this.sampleCount += 1;
    this.byteCount += bytes.length;
  }
}

function written(type: MessageType, data: object): Uint8Array {
  const writer = new PackWriter();
  if (type.encode(writer, data)) return writer.bytes();
  throw new Error(`${JSON.stringify(type.invalid(data))} in ${JSON.stringify(data)}`);
}

function readBack(type: MessageType, bytes: Uint8Array): unknown {
  const reader = new PackReader();
  reader.open(bytes, 0, bytes.length);
  return type.decode(reader);
}
