/** A power of two, so that a slot is a mask away; 512 short texts are about 20 KiB. */
const SLOT_COUNT = 512;

/**
 * Short ASCII texts that were read before: names of nodes, services and protocols come again and again,
 * and comparing a few bytes is faster than building the same text once more. Each slot holds the last
 * text that fell into it, so the memory is fixed whatever a peer sends.
 */
export class TextCache {
  readonly #slots: string[] = new Array(SLOT_COUNT).fill("");

  /** The text between two offsets, below 24 bytes, or `undefined` where it is not ASCII. */
  get(bytes: Buffer, from: number, to: number): string | undefined {
    const size = to - from;
    if (size === 0) return "";
    const slot = slotOf(bytes, from, to);
    const known = this.#slots[slot]!;
    if (known.length === size && isSame(known, bytes, from)) return known;
    const text = build(bytes, from, to);
    if (text !== undefined) this.#slots[slot] = text;
    return text;
  }
}

/** From the bytes in which names most often differ: the last two and one in the middle. */
function slotOf(bytes: Uint8Array, from: number, to: number): number {
  const middle = bytes[(from + to) >> 1]!;
  const last = bytes[to - 1]!;
  const next = bytes[to - 1 - Number(to - from > 1)]!;
  return (last * 31 + next * 7 + middle * 3 + (to - from) * 61) & (SLOT_COUNT - 1);
}

function isSame(text: string, bytes: Uint8Array, from: number): boolean {
  for (let index = 0; index < text.length; index++) {
    if (text.charCodeAt(index) !== bytes[from + index]) return false;
  }
  return true;
}

function build(bytes: Buffer, from: number, to: number): string | undefined {
  let all = 0;
  for (let at = from; at < to; at++) all |= bytes[at]!;
  if (all > 0x7f) return undefined;
  return bytes.toString("latin1", from, to);
}
