import { protocolFault } from "./fault.js";

/**
 * The bytes of a binary field in either of its forms on the wire. Text has to be base64 as RFC 4648
 * writes it, with padding and nothing else in between: Node's decoder takes almost anything, and
 * then two texts would mean one value. Throws `WireFault`.
 */
export function bytesFromWire(value: string | Uint8Array): Uint8Array {
  if (typeof value !== "string") return value;
  const bytes = Buffer.from(value, "base64");
  if (bytes.toString("base64") === value) return bytes;
  throw protocolFault("binary field", "base64 text", `a string of ${value.length} characters`);
}
