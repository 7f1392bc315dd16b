import type { LimitOf } from "../wire/frame-reader.js";
import { PAYLOAD_SIZE_MAX } from "../wire/header.js";
import type { MessageType } from "../wire/message-type.js";

/** The longest head of MessagePack text or of a map, for peers that do not write the shortest. */
const HEAD_SIZE_MAX = 5;
/** A number in any form, or the 64-bit one. */
const NUMBER_SIZE_MAX = 9;

/** The bounds of `schema/envelope.schema.json`: the values of its fields, `data` apart. */
const FIELD_SIZES: Readonly<Record<string, number>> = {
  type: text(127),
  id: text(36),
  timestamp: NUMBER_SIZE_MAX,
  sender: text(63),
  reply_to: text(36),
  deadline_ms: NUMBER_SIZE_MAX,
  meta: HEAD_SIZE_MAX + 14 * (text(64) + text(512)),
  delivery: HEAD_SIZE_MAX + text(63) + 3 * NUMBER_SIZE_MAX + 2 + 6 * HEAD_SIZE_MAX + 31,
  data: 0,
};

/** Size of the largest envelope, without the data in it. */
export const ENVELOPE_SIZE_MAX: number =
  HEAD_SIZE_MAX +
  Object.entries(FIELD_SIZES).reduce((sum, [name, size]) => sum + text(name.length) + size, 0);

/**
 * Room for what a reader takes although this version would not write it: fields that a later one added to
 * the envelope or the data, and numbers and heads that are not in their shortest form. 64 KiB.
 */
export const SLACK_SIZE = 65_536;

/** Tells the frame reader how large the payload of a type may be; no type may be over the limit of frames. */
export function payloadLimits(messages: ReadonlyMap<string, MessageType>): LimitOf {
  return (name) => {
    const type = messages.get(name);
    if (type === undefined) return undefined;
    return Math.min(PAYLOAD_SIZE_MAX, type.sizeMax + ENVELOPE_SIZE_MAX + SLACK_SIZE);
  };
}

function text(size: number): number {
  return HEAD_SIZE_MAX + size;
}
