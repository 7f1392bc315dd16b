/** What Node's buffers have had from the start, and its declarations leave out. */
interface Slices {
  latin1Slice?(from: number, to: number): string;
}

const hasSlices = typeof (Buffer.prototype as Slices).latin1Slice === "function";

/**
 * The text between two offsets, whose bytes are ASCII. `toString` would do the same after looking up the
 * encoding by its name, which takes as long again for a short text.
 */
export function latin1Between(buffer: Buffer, from: number, to: number): string {
  if (hasSlices) return (buffer as unknown as Required<Slices>).latin1Slice(from, to);
  return buffer.toString("latin1", from, to);
}

/** Whether all bytes between two offsets are below 0x80. */
export function isAsciiBetween(buffer: Buffer, view: DataView, from: number, to: number): boolean {
  let at = from;
  let all = 0;
  for (; at + 4 <= to; at += 4) all |= view.getUint32(at);
  for (; at < to; at++) all |= buffer[at]!;
  return (all & NOT_ASCII) === 0;
}

const NOT_ASCII = 0x8080_8080;
