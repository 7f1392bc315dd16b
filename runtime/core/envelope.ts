import type { MessageType } from "../wire/message-type.js";
import type { PackWriter } from "../wire/pack-writer.js";

/** The envelope fields of one message, but for its type and data. */
export interface Heading {
  readonly id: string;
  readonly timestamp: number;
  readonly sender: string;
  /** Id of the message that this one answers. */
  readonly replyTo?: string | undefined;
  /** Time that the receiver has left, relative. */
  readonly deadlineMs?: number | undefined;
  readonly meta?: Readonly<Record<string, string>> | undefined;
}

/**
 * Writes a whole payload in the canonical field order: type, id, timestamp, sender, reply_to, deadline_ms,
 * meta, data (`schema/SPEC.md`, Payload).
 */
export function writePayload<Data>(
  writer: PackWriter,
  type: MessageType<Data>,
  heading: Heading,
  data: Data,
): void {
  const { replyTo, deadlineMs, meta } = heading;
  const optionalCount =
    Number(replyTo !== undefined) + Number(deadlineMs !== undefined) + Number(meta !== undefined);
  writer.mapHeader(REQUIRED_COUNT + optionalCount);
  writer.string("type");
  writer.string(type.type);
  writer.string("id");
  writer.string(heading.id);
  writer.string("timestamp");
  writer.integer(heading.timestamp);
  writer.string("sender");
  writer.string(heading.sender);
  if (replyTo !== undefined) {
    writer.string("reply_to");
    writer.string(replyTo);
  }
  if (deadlineMs !== undefined) {
    writer.string("deadline_ms");
    writer.integer(deadlineMs);
  }
  if (meta !== undefined) writeMeta(writer, meta);
  writer.string("data");
  type.encode(writer, data);
}

const REQUIRED_COUNT = 5;

function writeMeta(writer: PackWriter, meta: Readonly<Record<string, string>>): void {
  const entries = Object.entries(meta);
  writer.string("meta");
  writer.mapHeader(entries.length);
  for (const [key, value] of entries) {
    writer.string(key);
    writer.string(value);
  }
}
