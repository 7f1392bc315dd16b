import { COMPRESSION_SIZE_MIN, compress } from "./compression.js";
import { WireFault } from "./fault.js";
import { FLAG_COMPRESSED, HEADER_SIZE, PAYLOAD_SIZE_MAX, writeHeader } from "./header.js";
import { PackWriter } from "./pack-writer.js";
import { counted } from "./words.js";

/** Bounds of the memory that waits for the next write, on each of perhaps 10,000 connections. */
const SLAB_SIZE_MIN = 4096;
const SLAB_SIZE_MAX = 65_536;
/**
 * A slab has room for about this many writes like the last one, and is too large at this multiple.
 */
const WRITES_PER_SLAB = 4;
/** How far a writer may run past the largest payload before the exact check in `end`. */
const OVERRUN_SIZE_MAX = 16_384;
/** Offset of the open frame while there is none. */
const NO_FRAME = -1;

/**
 * Frames that wait to leave in one write, encoded straight into the memory that the socket gets.
 *
 * For each frame: `begin`, then the payload through `writer`, then `end`. What `take` handed out is
 * never written to again: later frames go behind it in the same slab, and once that is used up into
 * a fresh one. So the socket may keep the bytes for as long as it likes.
 */
export class FrameBatch {
  /** Takes the payload of the open frame. */
  readonly writer = new PackWriter(0);
  /** Whether the peer understands compressed payloads. */
  compression = false;

  #frame = NO_FRAME;
  #flags = 0;
  #slabSize = SLAB_SIZE_MIN;

  /** Bytes of the finished frames that wait. */
  get size(): number {
    return (this.#frame === NO_FRAME ? this.writer.offset : this.#frame) - this.writer.start;
  }

  /** Opens a frame. One that an exception left open is dropped. */
  begin(flags: number): void {
    if (this.#frame !== NO_FRAME) this.rollback();
    const { writer } = this;
    if (writer.start === writer.offset) this.#ensureSlab();
    writer.reserve(HEADER_SIZE);
    this.#frame = writer.offset;
    this.#flags = flags;
    writer.offset += HEADER_SIZE;
    writer.offsetMax = writer.offset + PAYLOAD_SIZE_MAX + OVERRUN_SIZE_MAX;
  }

  /**
   * Closes the frame: compresses the payload where that pays, and fills in the header. Throws
   * `WireFault` for a payload over the limit, which then leaves no trace.
   */
  end(): void {
    const size = this.#checkedSize();
    const isCompressed = this.compression && size > COMPRESSION_SIZE_MIN && this.#compress();
    const flags = isCompressed ? this.#flags | FLAG_COMPRESSED : this.#flags;
    const { view, offset } = this.writer;
    writeHeader(view, this.#frame, offset - this.#frame - HEADER_SIZE, flags);
    this.#frame = NO_FRAME;
  }

  /** Drops the open frame, if there is one; the finished ones stay. */
  rollback(): void {
    if (this.#frame === NO_FRAME) return;
    this.writer.offset = this.#frame;
    this.#frame = NO_FRAME;
    this.#shed();
  }

  /** Hands out the finished frames for good and drops an open one. Empty when nothing waits. */
  take(): Uint8Array {
    this.rollback();
    const { writer } = this;
    const bytes = writer.bytes();
    writer.start = writer.offset;
    if (bytes.length > 0) this.#slabSize = Math.max(slabSizeFor(bytes.length), this.#slabSize / 2);
    this.#shed();
    return bytes;
  }

  /** Size of the payload of the open frame, which is gone if that is over the limit. */
  #checkedSize(): number {
    if (this.#frame === NO_FRAME) throw new Error("end() needs a frame that begin() opened");
    const size = this.writer.offset - this.#frame - HEADER_SIZE;
    if (size >= 1 && size <= PAYLOAD_SIZE_MAX) return size;
    this.rollback();
    throw sizeFault(size);
  }

  /** Puts the compressed payload in the place of the payload, where that pays. */
  #compress(): boolean {
    const { writer } = this;
    const from = this.#frame + HEADER_SIZE;
    const compressed = compress(writer.buffer.subarray(from, writer.offset));
    if (compressed === undefined) return false;
    writer.offset = from;
    writer.raw(compressed);
    return true;
  }

  /** Between writes, changes to a fresh slab where the rest of this one will not do for another. */
  #ensureSlab(): void {
    const { writer } = this;
    const size = writer.buffer.length;
    const isTooShort = size - writer.offset < this.#slabSize / WRITES_PER_SLAB;
    const isTooLarge = size > this.#slabSize * WRITES_PER_SLAB;
    if (isTooShort || isTooLarge) writer.replace(Buffer.allocUnsafeSlow(this.#slabSize));
  }

  /** Lets go of memory that grew for one large message. */
  #shed(): void {
    const { writer } = this;
    if (this.#isFlushed && writer.buffer.length > SLAB_SIZE_MAX) writer.replace(Buffer.alloc(0));
  }

  /** Nothing is in the slab that was not handed out. */
  get #isFlushed(): boolean {
    return this.writer.start === this.writer.offset;
  }
}

/** A power of two, so that the memory allocator sees few sizes. */
function slabSizeFor(writeSize: number): number {
  const wanted = 2 ** Math.ceil(Math.log2(writeSize * WRITES_PER_SLAB));
  return Math.min(SLAB_SIZE_MAX, Math.max(SLAB_SIZE_MIN, wanted));
}

function sizeFault(size: number): WireFault {
  const expected = `a payload of 1 to ${PAYLOAD_SIZE_MAX} bytes`;
  const got = counted(size, "byte");
  return new WireFault("PROTOCOL_ERROR", `frame: expected ${expected}, got ${got}`, {
    expected,
    got,
  });
}
