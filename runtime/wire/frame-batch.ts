import { BatchMemory } from "./batch-memory.js";
import { COMPRESSION_SIZE_MIN, compressPieces } from "./compression.js";
import { WireFault } from "./fault.js";
import {
  FLAG_COMPRESSED,
  FLAG_ENCRYPTED,
  HEADER_SIZE,
  PAYLOAD_SIZE_MAX,
  readFlags,
  writeHeader,
} from "./header.js";
import { PackWriter } from "./pack-writer.js";
import type { OutgoingProtection } from "./protection.js";
import { SlabPool } from "./slab.js";
import { counted } from "./words.js";

/** How far a writer may run past the largest payload before the exact check in `end`. */
const OVERRUN_SIZE_MAX = 16_384;
/**
 * Bytes from this size on are cheaper to hand out by themselves than to copy into the batch: copying them
 * takes a microsecond and then more, as much as one more write to the socket.
 */
const REFERENCE_SIZE_MIN = 16_384;
/** What waits where nothing does; shared, since most looks find it so. */
const NOTHING: readonly Uint8Array[] = Object.freeze([]);

/**
 * Frames that wait to leave in one write, encoded straight into the memory that the socket gets.
 *
 * For each frame: `begin`, then the payload through `writer`, then `end`. What `take` handed out is not
 * written to again before `written` says that the socket is done with it; until then later frames go
 * behind it, or into other memory. A batch with nothing under way holds no memory.
 *
 * Binary fields of 16 KiB and more that travel as bin are not copied: they leave from the memory of the
 * application, which must not change them until they have been written. A send that waits for an answer
 * tells it when that is; others do not, so what they gave away must not change at all.
 */
export class FrameBatch {
  /** Takes the payload of the open frame. */
  readonly writer = new PackWriter(0);
  /** Whether the peer understands compressed payloads. */
  compression = false;

  /** What each frame is authenticated and sealed with, in the order in which they leave; `undefined`: nothing. */
  protection: OutgoingProtection | undefined;

  /** Where the open frame begins, or the one that was finished last. */
  #frame = 0;
  #isOpen = false;
  #flags = 0;
  /** Size of what was left out of the frames before that one. */
  #referencedBefore = 0;
  readonly #memory: BatchMemory;

  /** `slabs` is where its memory comes from. */
  constructor(slabs: SlabPool = SlabPool.shared) {
    this.writer.referenceSizeMin = REFERENCE_SIZE_MIN;
    this.#memory = new BatchMemory(this.writer, slabs);
  }

  /** Bytes of the finished frames that wait, with those that were left where they are. */
  get size(): number {
    const { offset, start, referencedSize } = this.writer;
    if (!this.#isOpen) return offset - start + referencedSize;
    return this.#frame - start + this.#referencedBefore;
  }

  /** Opens a frame. One that an exception left open is dropped. */
  begin(flags: number): void {
    this.#open();
    this.#flags = flags;
    this.writer.reserve(HEADER_SIZE);
    this.writer.offset += HEADER_SIZE;
  }

  /**
   * Closes the frame: compresses the payload where that pays, and fills in the header. Throws
   * `WireFault` for a payload over the limit, which then leaves no trace.
   *
   * @param isHeld it is taken out again by `takeLast`: protection, which counts frames, comes with its turn
   */
  end(isHeld = false): void {
    if (this.protection !== undefined) return this.#endProtected(this.protection, isHeld);
    const size = this.#checkedSize();
    if (this.compression && size > COMPRESSION_SIZE_MIN && this.#compress())
      writeHeader(this.writer.view, this.#frame, this.#payloadSize, this.#flags | FLAG_COMPRESSED);
    else writeHeader(this.writer.view, this.#frame, size, this.#flags);
    this.#isOpen = false;
  }

  /** Drops the open frame, if there is one; the finished ones stay. */
  rollback(): void {
    if (!this.#isOpen) return;
    this.writer.rewind(this.#frame);
    this.#isOpen = false;
    this.#memory.release();
  }

  /**
   * Takes the frame that `end` has just finished out again, to be held until `append` adds it: its pieces, in
   * memory of their own where they are not the application's.
   */
  takeLast(): readonly Uint8Array[] {
    const { writer } = this;
    if (this.#isOpen || this.#frame < writer.start || this.#frame === writer.offset)
      throw new Error("takeLast() needs the end() of a frame right before it");
    const memory = writer.buffer.buffer;
    const pieces = writer.piecesFrom(this.#frame);
    const own = pieces.map((piece) => (piece.buffer === memory ? Buffer.from(piece) : piece));
    writer.rewind(this.#frame);
    this.#memory.release();
    return own;
  }

  /** Adds a frame that `takeLast` gave, of this batch or another, behind the finished ones. */
  append(pieces: readonly Uint8Array[]): void {
    if (this.protection !== undefined) return this.#appendProtected(pieces);
    this.#open();
    const { writer } = this;
    pieces.forEach((piece, index) => {
      // The first has the header in it, and a batch always begins with bytes of its own.
      if (index > 0 && piece.length >= REFERENCE_SIZE_MIN) writer.refer(piece);
      else writer.raw(piece);
    });
    this.#isOpen = false;
  }

  /**
   * Hands out the finished frames for good and drops an open one: the pieces in their order, of which
   * none is empty, and none where nothing waits. Mostly it is one.
   */
  take(): readonly Uint8Array[] {
    this.rollback();
    const { writer } = this;
    if (writer.start === writer.offset) return NOTHING;
    const pieces = writer.references.length === 0 ? [writer.bytes()] : writer.takePieces();
    this.#memory.handOut();
    return pieces;
  }

  /**
   * Says that what the oldest `take` gave has been written, and its memory may be used again: once for
   * each that gave anything, in their order. Who never says it gets fresh memory each time.
   */
  written(): void {
    this.#memory.written();
  }

  /** Everything that is done to a payload, in its order: authenticate, compress, seal. */
  #endProtected(protection: OutgoingProtection, isHeld: boolean): void {
    const from = this.#frame + HEADER_SIZE;
    if (!isHeld) {
      protection.authenticate(this.writer, from);
      const size = this.#checkedSize();
      if (this.compression && size > COMPRESSION_SIZE_MIN && this.#compress())
        this.#flags |= FLAG_COMPRESSED;
      if (protection.seals) this.#seal(protection, from);
    }
    writeHeader(this.writer.view, this.#frame, this.#checkedSize(), this.#flags);
    this.#isOpen = false;
    if (!isHeld) protection.advance();
  }

  #seal(protection: OutgoingProtection, from: number): void {
    const { writer } = this;
    this.#flags |= FLAG_ENCRYPTED;
    const sealed = protection.seal(this.#flags, writer.piecesFrom(from));
    writer.rewind(from);
    if (sealed.length >= REFERENCE_SIZE_MIN) writer.refer(sealed);
    else writer.raw(sealed);
  }

  #appendProtected([first, ...others]: readonly Uint8Array[]): void {
    const { writer } = this;
    this.begin(readFlags(first!, 0));
    writer.raw(first!.subarray(HEADER_SIZE));
    for (const piece of others) {
      if (piece.length >= REFERENCE_SIZE_MIN) writer.refer(piece);
      else writer.raw(piece);
    }
    this.end();
  }

  #open(): void {
    if (this.#isOpen) this.rollback();
    const { writer } = this;
    if (writer.start === writer.offset) this.#memory.prepare();
    this.#frame = writer.offset;
    this.#isOpen = true;
    this.#referencedBefore = writer.referencedSize;
    writer.offsetMax = writer.offset + HEADER_SIZE + PAYLOAD_SIZE_MAX + OVERRUN_SIZE_MAX;
  }

  /** Size of the payload of the open frame. */
  get #payloadSize(): number {
    const { offset, referencedSize } = this.writer;
    return offset - this.#frame - HEADER_SIZE + referencedSize - this.#referencedBefore;
  }

  /** The same; the frame is gone if that is over the limit. */
  #checkedSize(): number {
    if (!this.#isOpen) throw new Error("end() needs a frame that begin() opened");
    const size = this.#payloadSize;
    if (size >= 1 && size <= PAYLOAD_SIZE_MAX) return size;
    this.rollback();
    throw sizeFault(size);
  }

  /** Puts the compressed payload in the place of the payload, where that pays. */
  #compress(): boolean {
    const { writer } = this;
    const from = this.#frame + HEADER_SIZE;
    const compressed = compressPieces(writer.piecesFrom(from));
    if (compressed === undefined) return false;
    writer.rewind(from);
    if (compressed.length >= REFERENCE_SIZE_MIN) writer.refer(compressed);
    else writer.raw(compressed);
    return true;
  }
}

function sizeFault(size: number): WireFault {
  const expected = `a payload of 1 to ${PAYLOAD_SIZE_MAX} bytes`;
  const got = counted(size, "byte");
  return new WireFault("PROTOCOL_ERROR", `frame: expected ${expected}, got ${got}`, {
    expected,
    got,
  });
}
