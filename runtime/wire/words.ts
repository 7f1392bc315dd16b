/** Longest string that is quoted in a fault. A peer chooses what is in it. */
export const QUOTED_LENGTH_MAX = 40;

/** A value in a few words: type and size, and short scalars as they are. Never a long payload. */
export function describe(value: unknown): string {
  if (value === undefined) return "nothing";
  if (value === null || typeof value === "boolean") return String(value);
  if (typeof value === "number" || typeof value === "bigint") return String(value);
  if (typeof value === "string") return describeString(value);
  if (Array.isArray(value)) return `an array of ${counted(value.length, "item")}`;
  if (ArrayBuffer.isView(value)) return `${counted(value.byteLength, "byte")} of binary`;
  if (typeof value === "object")
    return `an object of ${counted(Object.keys(value).length, "field")}`;
  return `a ${typeof value}`;
}

function describeString(text: string): string {
  return text.length <= QUOTED_LENGTH_MAX ? quote(text) : `a string of ${text.length} characters`;
}

/** Quotes, and escapes whatever could act on a terminal or turn the direction of the text. */
export function quote(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** `text`, cut where it is longer than that. */
export function shorten(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax)}...`;
}

/** A number with its noun: `1 byte`, `2 bytes`. */
export function counted(count: unknown, noun: string): string {
  return count === 1 ? `1 ${noun}` : `${count} ${noun}s`;
}
