import { createHash } from "node:crypto";
import { type FsWrite, RnpError } from "../index.js";

/** What `fs.write` says about a file. */
export type FileManifest = FsWrite;

/** A chunk is at most this long, as the schema of `fs.replicate` says. */
export const CHUNK_SIZE_MAX = 1024 ** 2;

/** The SHA-256 of some bytes, as it stands in messages. */
export function checksumOf(bytes: Uint8Array): string {
  return `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
}

/** The id under which the chunks of a file travel. Writer and replica find the same one. */
export function fileId({ path, checksum }: Pick<FileManifest, "path" | "checksum">): string {
  const digest = createHash("sha256").update(`${path}\n${checksum}`).digest("hex");
  return `file-${digest.slice(0, 32)}`;
}

/**
 * The parts of a path of the distributed filesystem. Whatever could lead out of the store, or means
 * different files on different systems, is refused.
 */
export function pathSegments(path: string): string[] {
  const [first, ...segments] = path.split("/");
  const isPlain = segments.length > 0 && segments.every(isPlainSegment);
  if (first === "" && isPlain) return segments;
  const expected = "an absolute path without empty segments, . and ..";
  throw wrong("/path", expected, path.slice(0, 256));
}

/** Refuses a manifest that no chunks can satisfy, before a byte is kept for it. */
export function checkManifest({ path, size, chunks }: FileManifest): void {
  pathSegments(path);
  const fewest = Math.max(1, Math.ceil(size / CHUNK_SIZE_MAX));
  const most = Math.max(1, size);
  if (chunks >= fewest && chunks <= most) return;
  throw wrong("/chunks", `${fewest} to ${most} chunks for ${size} bytes`, String(chunks));
}

/** The error for a message whose content does not agree with itself. */
export function wrong(
  pointer: string,
  expected: string,
  got: string,
  message_type: "fs.write" | "fs.replicate" = "fs.write",
): RnpError {
  const text = `${message_type}: ${pointer}: expected ${expected}, got ${got}`;
  return new RnpError("PROTOCOL_ERROR", text, {
    details: { message_type, pointer, expected, got },
  });
}

function isPlainSegment(segment: string): boolean {
  if (segment === "" || segment === "." || segment === "..") return false;
  return Buffer.byteLength(segment) <= SEGMENT_SIZE_MAX && !/[\\\p{Cc}]/u.test(segment);
}

/** What common filesystems allow for one name. */
const SEGMENT_SIZE_MAX = 255;
