import { ConstantRun } from "../wire/constant-run.js";
import { encodeData } from "../wire/encode-data.js";
import type { MessageType } from "../wire/message-type.js";
import { PackWriter } from "../wire/pack-writer.js";

/** The envelope fields of one message, but for its type, its sender and its data. */
export interface Heading {
  /** A UUID. */
  readonly id: string;
  readonly timestamp: number;
  /** Id of the message that this one answers. */
  readonly replyTo?: string | undefined;
  /** Time that the receiver has left, relative. */
  readonly deadlineMs?: number | undefined;
  readonly meta?: Readonly<Record<string, string>> | undefined;
}

/**
 * Writes the payloads of one connection in the canonical field order: type, id, timestamp, sender,
 * reply_to, deadline_ms, meta, data (`schema/SPEC.md`, Payload). What is the same in every message of a
 * type comes from its generated code, what is the same on the whole connection is encoded once.
 */
export class EnvelopeWriter {
  readonly #sender: ConstantRun;

  constructor(sender: string) {
    this.#sender = encoded((writer) => {
      writer.string("sender");
      writer.string(sender);
    });
  }

  /** @throws WireFault where `data` breaks its schema */
  write<Data>(writer: PackWriter, type: MessageType<Data>, heading: Heading, data: Data): void {
    const { replyTo, deadlineMs, meta } = heading;
    const start = writer.offset;
    type.encodeHead(writer);
    writer.uuid(heading.id);
    writer.run(TIMESTAMP);
    writer.integer(heading.timestamp);
    writer.run(this.#sender);
    let optionalCount = 0;
    if (replyTo !== undefined) {
      writer.run(REPLY_TO);
      writer.string(replyTo);
      optionalCount += 1;
    }
    if (deadlineMs !== undefined) {
      writer.run(DEADLINE_MS);
      writer.integer(deadlineMs);
      optionalCount += 1;
    }
    if (meta !== undefined) {
      writer.string("meta");
      writer.value(meta);
      optionalCount += 1;
    }
    if (optionalCount > 0) writer.buffer[start] = FIXED_MAP | (REQUIRED_COUNT + optionalCount);
    writer.run(DATA);
    encodeData(type, writer, data);
  }
}

const REQUIRED_COUNT = 5;
const FIXED_MAP = 0x80;
const TIMESTAMP = encoded((writer) => writer.string("timestamp"));
const REPLY_TO = encoded((writer) => writer.string("reply_to"));
const DEADLINE_MS = encoded((writer) => writer.string("deadline_ms"));
const DATA = encoded((writer) => writer.string("data"));

function encoded(write: (writer: PackWriter) => void): ConstantRun {
  const writer = new PackWriter(64);
  write(writer);
  return new ConstantRun(writer.bytes());
}
