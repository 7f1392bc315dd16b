import { COMPRESSION_SIZE_MIN, compress, isCompressible } from "./compression.js";
import { WireFault } from "./fault.js";
import { FLAG_COMPRESSED, HEADER_SIZE, PAYLOAD_SIZE_MAX, writeHeader } from "./header.js";
import { PackWriter } from "./pack-writer.js";
import { piecesOf, type Reference } from "./reference.js";
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
/** Bytes from this size on are cheaper to hand out by themselves than to copy into the batch. */
const REFERENCE_SIZE_MIN = 16_384;
/** Offset of the open frame while there is none. */
const NO_FRAME = -1;
/** What waits where nothing does; shared, since most looks find it so. */
const NOTHING: readonly Uint8Array[] = Object.freeze([]);

/**
 * Frames that wait to leave in one write, encoded straight into the memory that the socket gets.
 *
 * For each frame: `begin`, then the payload through `writer`, then `end`. What `take` handed out is
 * never written to again: later frames go behind it in the same slab, and once that is used up into
 * a fresh one. So the socket may keep the bytes for as long as it likes.
 *
 * Binary fields of 16 KiB and more that travel as bin are not copied: they leave from the memory of the
 * application, which must not change them until they have been written.
 */
export class FrameBatch {
  /** Takes the payload of the open frame. */
  readonly writer = new PackWriter(0);
  /** Whether the peer understands compressed payloads. */
  compression = false;

  #frame = NO_FRAME;
  #flags = 0;
  /** Size of what was left out of the frames before the open one. */
  #referencedBefore = 0;
  #slabSize = SLAB_SIZE_MIN;

  constructor() {
    this.writer.referenceSizeMin = REFERENCE_SIZE_MIN;
  }

  /** Bytes of the finished frames that wait, with those that were left where they are. */
  get size(): number {
    const { offset, start, referencedSize } = this.writer;
    if (this.#frame === NO_FRAME) return offset - start + referencedSize;
    return this.#frame - start + this.#referencedBefore;
  }

  /** Opens a frame. One that an exception left open is dropped. */
  begin(flags: number): void {
    if (this.#frame !== NO_FRAME) this.rollback();
    const { writer } = this;
    if (writer.start === writer.offset) this.#ensureSlab();
    writer.reserve(HEADER_SIZE);
    this.#frame = writer.offset;
    this.#flags = flags;
    this.#referencedBefore = writer.referencedSize;
    writer.offset += HEADER_SIZE;
    writer.offsetMax = writer.offset + PAYLOAD_SIZE_MAX + OVERRUN_SIZE_MAX;
  }

  /**
   * Closes the frame: compresses the payload where that pays, and fills in the header. Throws
   * `WireFault` for a payload over the limit, which then leaves no trace.
   */
  end(): void {
    const size = this.#checkedSize();
    if (this.compression && size > COMPRESSION_SIZE_MIN && this.#compress())
      writeHeader(this.writer.view, this.#frame, this.#payloadSize, this.#flags | FLAG_COMPRESSED);
    else writeHeader(this.writer.view, this.#frame, size, this.#flags);
    this.#frame = NO_FRAME;
  }

  /** Drops the open frame, if there is one; the finished ones stay. */
  rollback(): void {
    if (this.#frame === NO_FRAME) return;
    this.writer.rewind(this.#frame);
    this.#frame = NO_FRAME;
    this.#shed();
  }

  /**
   * Hands out the finished frames for good and drops an open one: the pieces in their order, of which
   * none is empty, and none where nothing waits. Mostly it is one.
   */
  take(): readonly Uint8Array[] {
    this.rollback();
    const { writer } = this;
    const size = writer.offset - writer.start;
    if (size === 0) return NOTHING;
    const pieces = writer.references.length === 0 ? [writer.bytes()] : writer.takePieces();
    writer.start = writer.offset;
    this.#slabSize = Math.max(slabSizeFor(size), this.#slabSize / 2);
    this.#shed();
    return pieces;
  }

  /** Size of the payload of the open frame. */
  get #payloadSize(): number {
    const { offset, referencedSize } = this.writer;
    return offset - this.#frame - HEADER_SIZE + referencedSize - this.#referencedBefore;
  }

  /** The same; the frame is gone if that is over the limit. */
  #checkedSize(): number {
    if (this.#frame === NO_FRAME) throw new Error("end() needs a frame that begin() opened");
    const size = this.#payloadSize;
    if (size >= 1 && size <= PAYLOAD_SIZE_MAX) return size;
    this.rollback();
    throw sizeFault(size);
  }

  /** Puts the compressed payload in the place of the payload, where that pays. */
  #compress(): boolean {
    const { writer } = this;
    const from = this.#frame + HEADER_SIZE;
    const compressed = this.#compressed(from);
    if (compressed === undefined) return false;
    writer.rewind(from);
    if (compressed.length >= REFERENCE_SIZE_MIN) writer.refer(compressed);
    else writer.raw(compressed);
    return true;
  }

  /** A payload with references is put together only where a sample promises that this pays. */
  #compressed(from: number): Buffer | undefined {
    const { buffer, offset, references } = this.writer;
    const ours = references.filter(({ at }) => at > from);
    if (ours.length === 0) return compress(buffer.subarray(from, offset));
    if (!isCompressible(largest(ours))) return undefined;
    return compress(Buffer.concat(piecesOf(buffer, from, offset, ours)));
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

function largest(references: readonly Reference[]): Uint8Array {
  return references.reduce((one, other) => (one.bytes.length < other.bytes.length ? other : one))
    .bytes;
}

function sizeFault(size: number): WireFault {
  const expected = `a payload of 1 to ${PAYLOAD_SIZE_MAX} bytes`;
  const got = counted(size, "byte");
  return new WireFault("PROTOCOL_ERROR", `frame: expected ${expected}, got ${got}`, {
    expected,
    got,
  });
}
