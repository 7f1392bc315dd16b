/**
 * Bytes that are written and expected again and again, cut into big-endian words of four: comparing and
 * storing words is several times as fast as bytes. The last word overlaps the one before.
 */
export class ConstantRun {
  readonly size: number;
  /** Each is four bytes behind the one before, but the last, which ends where the bytes do. */
  readonly words: Int32Array;

  /** At least four bytes. */
  constructor(bytes: Uint8Array) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.size = bytes.length;
    this.words = Int32Array.from({ length: Math.ceil(bytes.length / 4) }, (_, index) =>
      view.getInt32(Math.min(index * 4, bytes.length - 4)),
    );
  }

  /** Puts the bytes at `at` and returns the offset behind them. */
  put(view: DataView, at: number): number {
    const { words, size } = this;
    const last = words.length - 1;
    for (let index = 0; index < last; index++) view.setInt32(at + index * 4, words[index]!);
    view.setInt32(at + size - 4, words[last]!);
    return at + size;
  }

  /** Whether these are the bytes at `at`. */
  isAt(view: DataView, at: number): boolean {
    const { words, size } = this;
    const last = words.length - 1;
    for (let index = 0; index < last; index++) {
      if (view.getInt32(at + index * 4) !== words[index]) return false;
    }
    return view.getInt32(at + size - 4) === words[last];
  }
}
