/**
 * Bytes that are written and expected again and again, cut into big-endian words of four: comparing and
 * storing words is several times as fast as bytes. The last word overlaps the one before.
 */
export class ConstantRun {
  readonly size: number;
  readonly words: Uint32Array;
  readonly offsets: Uint8Array;

  /** At least four bytes and at most 255. */
  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const count = Math.ceil(bytes.length / 4);
    this.size = bytes.length;
    this.offsets = Uint8Array.from({ length: count }, (_, index) => {
      return Math.min(index * 4, bytes.length - 4);
    });
    this.words = Uint32Array.from(this.offsets, (offset) => view.getUint32(offset));
  }
}
