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
/** Of a payload that is not yet in one piece, so much is compressed to learn whether all of it is worth it. */
const SAMPLE_SIZE = 4096;
/** One byte of LZ4 stands for 255 bytes at most, so a larger claim is a lie. */
export const EXPANSION_MAX = 255;

/** The compressed form of `payload`, or `undefined` where it is not worth its while. */
export function compress(payload: Buffer): Buffer | undefined {
  if (payload.length <= COMPRESSION_SIZE_MIN) return undefined;
  const compressed = compressSync(payload);
  return compressed.length < payload.length * COMPRESSION_RATIO_MAX ? compressed : undefined;
}

/**
 * Whether a sample out of the middle of `bytes` becomes smaller: the ends of a file are often others than
 * the rest.
 */
export function isCompressible(bytes: Uint8Array): boolean {
  const size = Math.min(bytes.length, SAMPLE_SIZE);
  const start = bytes.byteOffset + Math.floor((bytes.length - size) / 2);
  return compress(Buffer.from(bytes.buffer, start, size)) !== undefined;
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
