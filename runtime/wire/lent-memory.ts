const SIZE_MIN_LOG2 = 16;
const SIZE_MAX_LOG2 = 24;
/** Bytes that may lie here unused: two of the largest payloads. */
const UNUSED_SIZE_MAX = 2 ** 25;

/** Memory that is lent. */
export type Lent = Buffer;

/**
 * Memory for large payloads whose handlers give it back. Without it each takes a buffer of its own, which the
 * engine has to find unused: it collects all of its memory again for every few dozen of megabytes that come,
 * and that takes as much time as decrypting them.
 */
export class LentMemory {
  /** One for the process: what one connection gives back serves the next. */
  static readonly shared: LentMemory = new LentMemory();

  /** Unused buffers by the logarithm of their size. */
  readonly #unused = new Map<number, Buffer[]>();
  #unusedSize = 0;

  get unusedSize(): number {
    return this.#unusedSize;
  }

  /** At least `size` bytes of anything, up to twice as many. */
  take(size: number): Lent {
    const log2 = classOf(size);
    const buffer = this.#unused.get(log2)?.pop();
    if (buffer === undefined) return Buffer.allocUnsafeSlow(2 ** log2);
    this.#unusedSize -= buffer.length;
    return buffer;
  }

  /** Takes back what `take` gave; nobody may look at it any more. */
  give(buffer: Lent): void {
    if (this.#unusedSize + buffer.length > UNUSED_SIZE_MAX) return;
    const log2 = classOf(buffer.length);
    let unused = this.#unused.get(log2);
    if (unused === undefined) {
      unused = [];
      this.#unused.set(log2, unused);
    }
    unused.push(buffer);
    this.#unusedSize += buffer.length;
  }
}

function classOf(size: number): number {
  return Math.min(SIZE_MAX_LOG2, Math.max(SIZE_MIN_LOG2, 32 - Math.clz32(size - 1)));
}
