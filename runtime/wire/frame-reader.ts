import {
  checkHeader,
  HEADER_SIZE,
  PAYLOAD_SIZE_MAX,
  readFlags,
  readPayloadSize,
} from "./header.js";

/**
 * Takes one whole frame, whose payload is in `bytes` from `from` to `to`. It mostly lies in the chunk as it
 * came, so it lives as long as that does; a view on it would cost more than reading a small message.
 */
export type OnFrame = (flags: number, bytes: Uint8Array, from: number, to: number) => void;

/** First memory for a payload that straddles chunks, unless it needs less. */
const ASSEMBLY_SIZE_MIN = 4096;
/**
 * Memory for an unfinished payload is at most this many times what has arrived of it. A large
 * factor saves copies and costs little, since the system gives memory only once it is written to.
 */
const ASSEMBLY_GROWTH = 16;

/**
 * Cuts a stream of bytes into frames.
 *
 * It knows nothing of what is in a payload. One that lies in one chunk is handed on in place; only
 * one that straddles chunks is copied, into memory that grows with the bytes that *arrived*: a peer
 * that declares 16 MiB and sends nothing costs nothing. A header is judged before a byte after it
 * is kept. After a fault the stream has no borders between frames any more, so the fault is final.
 */
export class FrameReader {
  /** Lowered while a peer has not proven itself; looked at whenever a header is complete. */
  payloadSizeMax: number = PAYLOAD_SIZE_MAX;

  /** The unfinished frame: its header, how much of that is there, and the same for its payload. */
  readonly #header = Buffer.alloc(HEADER_SIZE);
  #headerSize = 0;
  #payload: Buffer | undefined;
  #received = 0;
  #failure: { readonly reason: unknown } | undefined;

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
    if (end - offset === missing) this.#finish(payload, 0, payload.length, onFrame);
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
      onFrame(readFlags(chunk, offset), chunk, payload, end);
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

  /** Copies a part of the payload; the memory has its exact size once the last part is in. */
  #keep(chunk: Uint8Array, from: number, to: number): Buffer {
    const needed = this.#received + to - from;
    let payload = this.#payload;
    if (payload === undefined || payload.length < needed) {
      const sizeMax = Math.max(ASSEMBLY_SIZE_MIN, needed * ASSEMBLY_GROWTH);
      const size = Math.min(readPayloadSize(this.#header, 0), sizeMax);
      const grown = Buffer.allocUnsafe(size);
      payload?.copy(grown, 0, 0, this.#received);
      payload = grown;
      this.#payload = grown;
    }
    payload.set(chunk.subarray(from, to), this.#received);
    this.#received = needed;
    return payload;
  }

  #finish(bytes: Uint8Array, from: number, to: number, onFrame: OnFrame): void {
    const flags = readFlags(this.#header, 0);
    this.#headerSize = 0;
    this.#received = 0;
    this.#payload = undefined;
    onFrame(flags, bytes, from, to);
  }
}
