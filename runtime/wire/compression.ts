import { compressSync, uncompressSync } from "lz4-napi";
import { WireFault } from "./fault.js";
import { PAYLOAD_SIZE_MAX } from "./header.js";
import { counted } from "./words.js";

/*
 * A compressed payload is the original size as u32 little-endian, then one LZ4 block: what lz4-napi
 * makes, and what Python's `lz4.block.compress(data, store_size=True)` makes.
 */

/** Payloads up to this size are sent as they are: there is little to win. */
export const COMPRESSION_SIZE_MIN = 1024;
/** A compressed payload is used only when it is smaller than this part of the original. */
export const COMPRESSION_RATIO_MAX = 0.9;

const PREFIX_SIZE = 4;
/** Compressing so much takes a quarter of the time that it takes for the smallest that is sampled. */
const SAMPLE_SIZE = 4096;
const SAMPLED_SIZE_MIN = 16_384;
/** One byte of LZ4 stands for 255 bytes at most, so a larger claim is a lie. */
export const EXPANSION_MAX = 255;

/** The compressed form of `payload`, or `undefined` where it is not worth its while. */
export function compress(payload: Buffer): Buffer | undefined {
  if (payload.length <= COMPRESSION_SIZE_MIN) return undefined;
  const compressed = compressSync(payload);
  return compressed.length < payload.length * COMPRESSION_RATIO_MAX ? compressed : undefined;
}

/**
 * The same for a payload in pieces. They are put together only where the largest of them promises that this
 * pays: from 16 KiB on it is judged by a sample, since to learn it from all takes as long as compressing.
 */
export function compressPieces(pieces: readonly Uint8Array[]): Buffer | undefined {
  const largest = pieces.reduce((one, other) => (one.length < other.length ? other : one));
  if (largest.length >= SAMPLED_SIZE_MIN && compress(sampleOf(largest)) === undefined)
    return undefined;
  return compress(pieces.length === 1 ? asBuffer(largest) : Buffer.concat(pieces));
}

/** Out of the middle, since the ends of a file are often others than the rest. */
function sampleOf(bytes: Uint8Array): Buffer {
  const start = (bytes.length - SAMPLE_SIZE) >>> 1;
  return asBuffer(bytes).subarray(start, start + SAMPLE_SIZE);
}

function asBuffer({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

/**
 * The original of a compressed payload, in memory of its own. The library believes the size prefix
 * and allocates it, so the prefix is judged first; and it is content with a block that gives less
 * than the prefix says, so the result is judged, too. Throws `WireFault`.
 */
export function decompress(payload: Uint8Array): Uint8Array {
  const size = readOriginalSize(payload);
  const original = inflate(payload);
  if (original.length !== size)
    throw malformed(counted(size, "byte"), counted(original.length, "byte"));
  return original;
}

function readOriginalSize(payload: Uint8Array): number {
  const blockSize = payload.length - PREFIX_SIZE;
  if (blockSize < 1) throw malformed("a size and a block", counted(payload.length, "byte"));
  const size = Buffer.from(payload.buffer, payload.byteOffset, PREFIX_SIZE).readUInt32LE();
  const sizeMax = Math.min(PAYLOAD_SIZE_MAX, blockSize * EXPANSION_MAX);
  if (size < 1 || size > sizeMax) throw malformed(`a size of 1 to ${sizeMax}`, String(size));
  return size;
}

function inflate(payload: Uint8Array): Buffer {
  try {
    return uncompressSync(payload);
  } catch (error) {
    throw malformed("an LZ4 block", error instanceof Error ? error.message : "a broken one", error);
  }
}

function malformed(expected: string, got: string, cause?: unknown): WireFault {
  const message = `compressed payload: expected ${expected}, got ${got}`;
  return new WireFault("PROTOCOL_ERROR", message, { expected, got }, cause);
}
