import type { Hex } from "./table.js";

/** The bytes that a table describes. */
export function bytesOf(hex: Hex | readonly Hex[]): Buffer {
  if (typeof hex === "string") return exactly(hex);
  if ("hex" in hex) return Buffer.alloc((hex.hex.length / 2) * hex.times, exactly(hex.hex));
  return Buffer.concat(hex.map(bytesOf));
}

/** `Buffer.from` stops without a word at what is no digit. */
function exactly(text: string): Buffer {
  const digits = text.replaceAll(" ", "");
  if (!/^([0-9a-f]{2})*$/.test(digits)) throw new Error(`"${text}" is no hexadecimal text`);
  return Buffer.from(digits, "hex");
}
