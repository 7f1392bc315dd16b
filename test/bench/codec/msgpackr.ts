import { type Options, Packr, Unpackr } from "msgpackr";
import { type Codec, type Contender, digestOf } from "./contender.js";
import type { BenchMessage, Payload } from "./messages.js";

/**
 * Standard MessagePack. Maps with the shortest head are a little faster here, although the documentation
 * says otherwise.
 */
export const MSGPACKR_OPTIONS: Options = { useRecords: false, variableMapSize: true };

/** msgpackr, with its native addon where that is installed. */
export function msgpackr(): Contender {
  const packr = new Packr(MSGPACKR_OPTIONS);
  const unpackr = new Unpackr(MSGPACKR_OPTIONS);
  return { name: "msgpackr", prepare: (message) => prepare(message, packr, unpackr) };
}

function prepare({ payload }: BenchMessage, packr: Packr, unpackr: Unpackr): Codec {
  const bytes = Buffer.from(packr.pack(payload));
  return {
    bytes,
    value: payload,
    encode: () => packr.pack(payload).length,
    decode: () => digestOf(unpackr.unpack(bytes) as Payload),
    decoded: () => unpackr.unpack(bytes),
  };
}
