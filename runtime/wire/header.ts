import { protocolFault, WireFault } from "./fault.js";

/*
 * The head of every frame, big-endian:
 *
 *   0         4       6         10      12
 *   | magic   | major | length  | flags | payload ...
 *   |         | minor |         |       |
 */

/** Size of the header, in bytes. */
export const HEADER_SIZE = 12;
/** "RNP" and the number of this frame layout. */
export const MAGIC = 0x524e5001;
/** Versions that differ in this number do not understand each other. */
export const VERSION_MAJOR = 1;
/** A peer with another minor version is understood; the lower of the two is in force. */
export const VERSION_MINOR = 0;
/** Largest payload, in bytes: 16 MiB. It holds for the payload before compression, too. */
export const PAYLOAD_SIZE_MAX = 16_777_216;

/** The payload is compressed. */
export const FLAG_COMPRESSED = 0x0001;
/** The payload is sealed. */
export const FLAG_ENCRYPTED = 0x0002;
/** The sender waits for an acknowledgement. */
export const FLAG_REQUIRES_ACK = 0x0004;
/** The message is an acknowledgement. */
export const FLAG_IS_ACK = 0x0008;
/** All other bits are reserved and have to be 0. */
const FLAGS_KNOWN = FLAG_COMPRESSED | FLAG_ENCRYPTED | FLAG_REQUIRES_ACK | FLAG_IS_ACK;

/** What a header says. */
export interface Header {
  readonly payloadSize: number;
  readonly flags: number;
}

/** Writes a header for a payload whose size is known to be within the limit. */
export function writeHeader(
  view: DataView,
  offset: number,
  payloadSize: number,
  flags: number,
): void {
  view.setUint32(offset, MAGIC);
  view.setUint16(offset + 4, (VERSION_MAJOR << 8) | VERSION_MINOR);
  view.setUint32(offset + 6, payloadSize);
  view.setUint16(offset + 10, flags);
}

/** Reads and judges a header. Throws `WireFault`; then the bytes after it mean nothing. */
export function readHeader(buffer: Uint8Array, offset: number): Header {
  checkHeader(buffer, offset);
  return { payloadSize: readPayloadSize(buffer, offset), flags: readFlags(buffer, offset) };
}

/** Judges a header without making an object of it, for the frame reader. */
export function checkHeader(
  bytes: Uint8Array,
  offset: number,
  payloadSizeMax: number = PAYLOAD_SIZE_MAX,
): void {
  const magic = readUint32(bytes, offset);
  if (magic !== MAGIC) throw protocolFault("magic", hex(MAGIC, 8), hex(magic, 8));
  if (bytes[offset + 4] !== VERSION_MAJOR) throw versionMismatch(bytes, offset);
  const size = readPayloadSize(bytes, offset);
  if (size === 0 || size > payloadSizeMax) {
    throw protocolFault("length", `1 to ${payloadSizeMax}`, String(size));
  }
  const reserved = readFlags(bytes, offset) & ~FLAGS_KNOWN;
  if (reserved !== 0) throw protocolFault("flags", "reserved bits 0", hex(reserved, 4));
}

/** The length field of a header. */
export function readPayloadSize(bytes: Uint8Array, offset: number): number {
  return readUint32(bytes, offset + 6);
}

/** The flags field of a header. */
export function readFlags(bytes: Uint8Array, offset: number): number {
  return (bytes[offset + 10]! << 8) | bytes[offset + 11]!;
}

function readUint32(bytes: Uint8Array, at: number): number {
  const high = (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
  return high * 0x100 + bytes[at + 3]!;
}

function versionMismatch(bytes: Uint8Array, offset: number): WireFault {
  const supported = [`${VERSION_MAJOR}.${VERSION_MINOR}`];
  const got = `${bytes[offset + 4]}.${bytes[offset + 5]}`;
  const message = `version: expected ${supported[0]}, got ${got}`;
  return new WireFault("VERSION_MISMATCH", message, { supported, got });
}

function hex(value: number, digits: number): string {
  return `0x${value.toString(16).padStart(digits, "0")}`;
}
