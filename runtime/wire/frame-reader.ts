import { WireFault } from "./fault.js";
import {
  checkHeader,
  FLAG_COMPRESSED,
  FLAG_ENCRYPTED,
  HEADER_SIZE,
  PAYLOAD_SIZE_MAX,
  readFlags,
  readPayloadSize,
} from "./header.js";
import { LentMemory } from "./lent-memory.js";
import { TYPE_AHEAD_SIZE_MAX, typeAhead } from "./type-ahead.js";

/**
 * Takes one whole frame, whose payload is in `bytes` from `from` to `to`. It mostly lies in the chunk as it
 * came, so it lives as long as that does; a view on it would cost more than reading a small message. Where it
 * was put together in `LentMemory`, that is `lent`, for whoever handles it to give back.
 */
export type OnFrame = (
  flags: number,
  bytes: Uint8Array,
  from: number,
  to: number,
  lent: Buffer | undefined,
) => void;

/** Size of the largest payload of a message type, in bytes; `undefined` where none is known. */
export type LimitOf = (type: string) => number | undefined;

/** Whether those who handle a message type give its memory back. */
export type IsLent = (type: string) => boolean;

/** First memory for a payload that straddles chunks, unless it needs less. */
const ASSEMBLY_SIZE_MIN = 4096;
/**
 * Memory for an unfinished payload is at most this many times what has arrived of it. A large
 * factor saves copies and costs little, since the system gives memory only once it is written to.
 */
const ASSEMBLY_GROWTH = 128;
/** Flags of payloads that do not begin with their type as they come. */
const SEALED = FLAG_ENCRYPTED | FLAG_COMPRESSED;

/**
 * Cuts a stream of bytes into frames.
 *
 * A payload that lies in one chunk is handed on in place, unseen; only one that straddles chunks is
 * copied, into memory that grows with the bytes that *arrived*: a peer that declares 16 MiB and sends
 * nothing costs nothing. A header is judged before a byte after it is kept, and what a straddling frame
 * declares is judged once more as soon as its first bytes say what type it is, so that nobody is made to
 * keep megabytes of a `ping`. After a fault the stream has no borders between frames any more, so the
 * fault is final.
 */
export class FrameReader {
  /** Lowered while a peer has not proven itself; looked at whenever a header is complete. */
  payloadSizeMax: number = PAYLOAD_SIZE_MAX;

  /** The unfinished frame: its header, how much of that is there, and the same for its payload. */
  readonly #header = Buffer.alloc(HEADER_SIZE);
  #headerSize = 0;
  #payload: Buffer | undefined;
  #received = 0;
  /** Whether the unfinished frame has been held against the limit of its type, or has none. */
  #isJudged = false;
  readonly #limitOf: LimitOf;
  readonly #isLent: IsLent;
  /** Whether what the unfinished payload needs further is to be lent, and what of it is. */
  #borrows = false;
  #lent: Buffer | undefined;
  #failure: { readonly reason: unknown } | undefined;

  /** Both are asked once for each frame that straddles chunks and begins with its type. */
  constructor(limitOf: LimitOf = () => undefined, isLent: IsLent = () => false) {
    this.#limitOf = limitOf;
    this.#isLent = isLent;
  }

  /** Bytes held of an unfinished frame, header included: 0 exactly at a border between frames. */
  get pendingSize(): number {
    return this.#headerSize + this.#received;
  }

  /**
   * Takes the next bytes and calls `onFrame` for every frame that they complete, in order. Throws
   * `WireFault` at the first header that is wrong, after the frames before it, and ever after.
   * An exception out of `onFrame` is final as well, for the rest of the chunk is lost.
   */
  push(chunk: Uint8Array, onFrame: OnFrame): void {
    if (this.#failure !== undefined) throw this.#failure.reason;
    try {
      const offset = this.#headerSize === 0 ? 0 : this.#resume(chunk, onFrame);
      const rest = this.#readInPlace(chunk, offset, onFrame);
      if (rest < chunk.length) this.#suspend(chunk, rest);
    } catch (reason) {
      this.#failure = { reason };
      this.#payload = undefined;
      throw reason;
    }
  }

  /** Goes on with the unfinished frame; returns how much of the chunk belongs to it. */
  #resume(chunk: Uint8Array, onFrame: OnFrame): number {
    const offset = this.#fillHeader(chunk, 0);
    if (this.#headerSize < HEADER_SIZE) return offset;
    const missing = readPayloadSize(this.#header, 0) - this.#received;
    const end = Math.min(chunk.length, offset + missing);
    if (this.#received === 0 && end - offset === missing) {
      this.#finish(chunk, offset, end, onFrame);
      return end;
    }
    const payload = this.#keep(chunk, offset, end);
    if (end - offset === missing) this.#finish(payload, 0, this.#received, onFrame);
    return end;
  }

  /**
   * Hands on the frames that lie wholly in the chunk; returns where the first unfinished begins.
   */
  #readInPlace(chunk: Uint8Array, from: number, onFrame: OnFrame): number {
    let offset = from;
    while (chunk.length - offset >= HEADER_SIZE) {
      checkHeader(chunk, offset, this.payloadSizeMax);
      const payload = offset + HEADER_SIZE;
      const end = payload + readPayloadSize(chunk, offset);
      if (end > chunk.length) return offset;
      onFrame(readFlags(chunk, offset), chunk, payload, end, undefined);
      offset = end;
    }
    return offset;
  }

  /** Keeps the beginning of a frame that goes on in the next chunk. */
  #suspend(chunk: Uint8Array, offset: number): void {
    const payload = this.#fillHeader(chunk, offset);
    if (payload < chunk.length) this.#keep(chunk, payload, chunk.length);
  }

  /** Takes what is missing of the header, and judges it once complete; returns the offset after. */
  #fillHeader(chunk: Uint8Array, offset: number): number {
    const end = Math.min(chunk.length, offset + HEADER_SIZE - this.#headerSize);
    if (end === offset) return offset;
    for (let at = offset; at < end; at++) this.#header[this.#headerSize++] = chunk[at]!;
    if (this.#headerSize === HEADER_SIZE) checkHeader(this.#header, 0, this.payloadSizeMax);
    return end;
  }

  /** Copies a part of the payload. */
  #keep(chunk: Uint8Array, from: number, to: number): Buffer {
    if (!this.#isJudged) this.#judge(chunk, from, to);
    const needed = this.#received + to - from;
    let payload = this.#payload;
    if (payload === undefined || payload.length < needed) {
      const sizeMax = Math.max(ASSEMBLY_SIZE_MIN, needed * ASSEMBLY_GROWTH);
      const size = Math.min(readPayloadSize(this.#header, 0), sizeMax);
      payload = this.#grow(payload, size);
    }
    payload.set(chunk.subarray(from, to), this.#received);
    this.#received = needed;
    return payload;
  }

  #grow(payload: Buffer | undefined, size: number): Buffer {
    const grown = this.#borrows ? LentMemory.shared.take(size) : Buffer.allocUnsafe(size);
    payload?.copy(grown, 0, 0, this.#received);
    if (this.#lent !== undefined) LentMemory.shared.give(this.#lent);
    this.#lent = this.#borrows ? grown : undefined;
    this.#payload = grown;
    return grown;
  }

  /** Holds the size against the limit of the type, once that is known, before more is kept. */
  #judge(chunk: Uint8Array, from: number, to: number): void {
    const isSealed = (readFlags(this.#header, 0) & SEALED) !== 0;
    const type = isSealed ? "" : this.#typeWith(chunk, from, to);
    if (type === undefined) return;
    this.#isJudged = true;
    this.#borrows = this.#isLent(type);
    const limit = this.#limitOf(type);
    const size = readPayloadSize(this.#header, 0);
    if (limit !== undefined && size > limit) throw oversized(type, limit, size);
  }

  /** What the payload says of its type together with a part of it that is not kept yet. */
  #typeWith(chunk: Uint8Array, from: number, to: number): string | undefined {
    const payload = this.#payload;
    if (payload === undefined) return typeAhead(chunk, from, to);
    // Whatever memory there is has room for that much of the payload, or for all of it.
    const end = Math.min(to, from + TYPE_AHEAD_SIZE_MAX - this.#received);
    payload.set(chunk.subarray(from, end), this.#received);
    return typeAhead(payload, 0, this.#received + end - from);
  }

  #finish(bytes: Uint8Array, from: number, to: number, onFrame: OnFrame): void {
    const flags = readFlags(this.#header, 0);
    this.#headerSize = 0;
    this.#received = 0;
    this.#isJudged = false;
    this.#payload = undefined;
    this.#borrows = false;
    const lent = this.#lent;
    this.#lent = undefined;
    onFrame(flags, bytes, from, to, lent);
  }
}

function oversized(type: string, limit: number, size: number): WireFault {
  const expected = `a payload of at most ${limit} bytes`;
  const got = `${size} bytes`;
  const details = { expected, got, message_type: type };
  return new WireFault("PROTOCOL_ERROR", `${type}: expected ${expected}, got ${got}`, details);
}
