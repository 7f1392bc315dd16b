import type { PackWriter } from "./pack-writer.js";
import { SLAB_SIZE_MAX, SLAB_SIZE_MIN, Slab, type SlabPool } from "./slab.js";

/**
 * A slab has room for about this many writes like the last one, and is too large at this multiple.
 */
const WRITES_PER_SLAB = 4;
/**
 * Slabs that are used up but not written which are remembered for reuse. More of them mean a peer that
 * reads slowly, or a caller that never says what was written: then they are left to the garbage collector.
 */
const USED_UP_MAX = 3;

/**
 * The memory behind a batch: gives its writer a slab where it needs one, and knows which parts the socket
 * still looks at. Those are never written to again; a slab without such parts goes back to the pool.
 */
export class BatchMemory {
  readonly #writer: PackWriter;
  readonly #pool: SlabPool;
  /** What the writer had when something was last handed out, or got since; it may have grown since. */
  #slab = Slab.NONE;
  #slabSize = SLAB_SIZE_MIN;
  /** Slabs before that one which hold parts that are not yet written, oldest first. */
  readonly #usedUp: Slab[] = [];
  /** Parts not yet written of older slabs still, whose memory is not reused. */
  #lostCount = 0;

  constructor(writer: PackWriter, pool: SlabPool) {
    this.#writer = writer;
    this.#pool = pool;
    writer.use(Slab.NONE);
  }

  /** Between writes, changes to another slab where the rest of this one will not do for the next. */
  prepare(): void {
    const { buffer, offset } = this.#writer;
    const isTooShort = buffer.length - offset < this.#slabSize / WRITES_PER_SLAB;
    const isTooLarge = buffer.length > this.#slabSize * WRITES_PER_SLAB;
    if (isTooShort || isTooLarge) this.#use(this.#pool.take(this.#slabSize));
  }

  /** Notes that all up to the writer's offset was handed out. */
  handOut(): void {
    const writer = this.#writer;
    const size = writer.offset - writer.start;
    if (writer.buffer !== this.#slab.buffer) this.#adopt();
    this.#slab.unwrittenCount += 1;
    writer.start = writer.offset;
    this.#slabSize = Math.max(slabSizeFor(size), this.#slabSize / 2);
    if (writer.buffer.length > SLAB_SIZE_MAX) this.#use(Slab.NONE);
  }

  /** Notes that the oldest part which was handed out and not yet written has been. */
  written(): void {
    if (this.#lostCount > 0) {
      this.#lostCount -= 1;
      return;
    }
    const slab = this.#usedUp.length > 0 ? this.#usedUp[0]! : this.#slab;
    if (slab.unwrittenCount === 0) throw new Error("written() needs a take() before it");
    slab.unwrittenCount -= 1;
    if (slab.unwrittenCount > 0) return;
    if (slab === this.#slab) this.release();
    else this.#pool.give(this.#usedUp.shift()!);
  }

  /** Lets go of the slab where nothing is in it that waits, or that the socket still looks at. */
  release(): void {
    const { start, offset } = this.#writer;
    if (start === offset && this.#slab.unwrittenCount === 0) this.#use(Slab.NONE);
  }

  /** Goes on in `slab`; nothing waits in the memory before. */
  #use(slab: Slab): void {
    this.#leave();
    this.#slab = slab;
    this.#writer.use(slab);
  }

  /** Follows the writer into the memory that it grew into. */
  #adopt(): void {
    this.#leave();
    this.#slab = new Slab(this.#writer.buffer, this.#writer.view);
  }

  #leave(): void {
    const slab = this.#slab;
    if (slab.unwrittenCount === 0) this.#pool.give(slab);
    else if (this.#usedUp.push(slab) > USED_UP_MAX)
      this.#lostCount += this.#usedUp.shift()!.unwrittenCount;
  }
}

/** The next power of two. */
function slabSizeFor(writeSize: number): number {
  if (writeSize >= SLAB_SIZE_MAX / WRITES_PER_SLAB) return SLAB_SIZE_MAX;
  const wanted = 1 << (32 - Math.clz32(writeSize * WRITES_PER_SLAB - 1));
  return Math.max(SLAB_SIZE_MIN, wanted);
}
