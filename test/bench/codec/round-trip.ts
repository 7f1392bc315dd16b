import { isDeepStrictEqual } from "node:util";
import type { Codec } from "./contender.js";

/**
 * Why a codec does not carry its message faithfully, or `undefined`. What comes back may have more fields
 * than what was sent, for some formats fill in defaults; it may not have less or other ones.
 */
export function roundTripFault(codec: Codec): string | undefined {
  if (codec.encode !== undefined && !(codec.encode() > 0)) return "encodes to nothing";
  if (!Number.isFinite(codec.decode())) return "decodes no timestamp and sender";
  return difference(codec.value, codec.decoded(), "");
}

/** Where `read` lacks something of `sent`, as a path. */
function difference(sent: unknown, read: unknown, path: string): string | undefined {
  if (sent instanceof Uint8Array) return sameBytes(sent, read) ? undefined : `${path} differs`;
  if (!isObject(sent) || !isObject(read)) {
    return isDeepStrictEqual(sent, read) ? undefined : `${path} is ${String(read)}`;
  }
  if (Array.isArray(sent) && sent.length !== (read as unknown as unknown[]).length) {
    return `${path} has another length`;
  }
  for (const [name, value] of Object.entries(sent)) {
    const fault = difference(value, read[name], `${path}/${name}`);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

function sameBytes(sent: Uint8Array, read: unknown): boolean {
  return read instanceof Uint8Array && Buffer.compare(sent, read) === 0;
}
