/** Sizes of slabs: powers of two, so that few lists of free ones do. */
export const SLAB_SIZE_MIN = 4096;
export const SLAB_SIZE_MAX = 65_536;
/**
 * Bytes that one process keeps free for the next write. More than a busy process has in use between two
 * turns of its loop, and little beside what it needs anyway.
 */
const FREE_SIZE_MAX = 2 * 1024 * 1024;

/** Memory to encode into, with the view that wide stores need: making both takes longer than a message. */
export class Slab {
  /** Nothing, to stand where no memory is held. */
  static readonly NONE: Slab = Slab.ofSize(0);

  readonly buffer: Buffer;
  /** The same memory as `buffer`. */
  readonly view: DataView;
  /** Parts of it that were handed out and are not yet written. */
  unwrittenCount = 0;

  constructor(buffer: Buffer, view: DataView) {
    this.buffer = buffer;
    this.view = view;
  }

  /** Fresh memory, whose content is undefined. */
  static ofSize(size: number): Slab {
    const buffer = Buffer.allocUnsafeSlow(size);
    return new Slab(buffer, new DataView(buffer.buffer, buffer.byteOffset, size));
  }
}

/**
 * Slabs that nobody uses. All connections of a process share one pool, so that those which are idle hold
 * nothing, and those which are busy find memory that the processor still has in its caches.
 */
export class SlabPool {
  static readonly shared: SlabPool = new SlabPool();

  /** The free slabs by the logarithm of their size; last in, first out. */
  readonly #free: Slab[][] = Array.from({ length: indexOf(SLAB_SIZE_MAX) + 1 }, () => []);
  #freeSize = 0;

  /** Bytes of all free slabs, at most 2 MiB. */
  get freeSize(): number {
    return this.#freeSize;
  }

  /** A slab of `size` bytes, which is a power of two from 4096 to 65,536. Its content is undefined. */
  take(size: number): Slab {
    const slab = this.#free[indexOf(size)]!.pop();
    if (slab === undefined) return Slab.ofSize(size);
    this.#freeSize -= size;
    return slab;
  }

  /** Takes back a slab that nothing looks at any more. One of an odd size, or too many, is dropped. */
  give(slab: Slab): void {
    const size = slab.buffer.length;
    const isOdd = size < SLAB_SIZE_MIN || size > SLAB_SIZE_MAX || (size & (size - 1)) !== 0;
    if (isOdd || this.#freeSize + size > FREE_SIZE_MAX) return;
    this.#free[indexOf(size)]!.push(slab);
    this.#freeSize += size;
  }
}

function indexOf(size: number): number {
  return Math.clz32(SLAB_SIZE_MIN) - Math.clz32(size);
}
