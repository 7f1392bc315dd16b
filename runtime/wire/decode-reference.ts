import type { Unpackr as TypedUnpackr } from "msgpackr";
import { Unpackr } from "msgpackr/unpack";
import { decodePlain } from "./decode-plain.js";
import { WireFault } from "./fault.js";
import { scanStructure } from "./scan.js";

/*
 * `msgpackr/unpack` is the part in plain JavaScript; the main entry would load a native addon and
 * hand it bytes from strangers. Its own declarations do not resolve, hence the type from the main
 * entry. Records are an extension of msgpackr and are not understood here.
 */
const UNPACKR: TypedUnpackr = new Unpackr({
  useRecords: false,
  mapsAsObjects: true,
  int64AsType: "auto",
});

/**
 * Decodes a payload the careful way: its structure is proven first, then msgpackr reads it.
 * Integers beyond 2^53 are bigints, and bin is a view on the payload. What the values mean is
 * judged by the schema, not here. Throws `WireFault`.
 */
export function decodeReference(payload: Uint8Array): unknown {
  const hasMark = scanStructure(payload);
  // msgpackr drops a byte order mark where a text of over 64 bytes begins with one.
  if (hasMark) return decodePlain(payload);
  try {
    return UNPACKR.unpack(payload);
  } catch (error) {
    // The scan proves all that msgpackr asks for, so this is a difference between the two.
    const got = error instanceof Error ? error.message : "a failure";
    const message = `payload: expected MessagePack, got ${got}`;
    throw new WireFault("PROTOCOL_ERROR", message, { expected: "MessagePack", got }, error);
  }
}
