/*
 * What the first bytes of a payload say, before the rest of it is there:
 *
 *   8x          map of up to 15 fields
 *   a4 "type"
 *   a6 "..."    or d9 and a size: the type
 */

const MAP_HEAD = 0x80;
const KEY = Uint8Array.of(0xa4, 0x74, 0x79, 0x70, 0x65);
const TEXT_HEAD = 0xa0;
const LONG_TEXT_HEAD = 0xd9;
/** The longest name of a type in `schema/types.schema.json`, all ASCII. */
const NAME_SIZE_MAX = 127;

/** So many bytes of a payload always tell its type, or that they do not. */
export const TYPE_AHEAD_SIZE_MAX = 1 + KEY.length + 2 + NAME_SIZE_MAX;

/**
 * The type of the message whose payload begins at `from`, or `""` where the payload does not begin as
 * encoders write it. `undefined`: what is there up to `to` does not say it yet.
 */
export function typeAhead(bytes: Uint8Array, from: number, to: number): string | undefined {
  if (from === to) return undefined;
  if ((bytes[from]! & 0xf0) !== MAP_HEAD) return "";
  const key = from + 1;
  for (let index = 0; index < KEY.length; index++) {
    if (key + index === to) return undefined;
    if (bytes[key + index] !== KEY[index]) return "";
  }
  return nameAt(bytes, key + KEY.length, to);
}

function nameAt(bytes: Uint8Array, at: number, to: number): string | undefined {
  if (at === to) return undefined;
  const head = bytes[at]!;
  if ((head & 0xe0) === TEXT_HEAD) return textAt(bytes, at + 1, head & 0x1f, to);
  if (head !== LONG_TEXT_HEAD) return "";
  return at + 1 === to ? undefined : textAt(bytes, at + 2, bytes[at + 1]!, to);
}

function textAt(bytes: Uint8Array, at: number, size: number, to: number): string | undefined {
  if (size > NAME_SIZE_MAX) return "";
  return at + size > to ? undefined : String.fromCharCode(...bytes.subarray(at, at + size));
}
