import { Packr, Unpackr } from "msgpackr";
import { type Codec, type Contender, digestOf } from "./contender.js";
import type { BenchMessage, Payload } from "./messages.js";

/**
 * msgpackr writing standard MessagePack, with its native addon where that is installed. Maps with the
 * shortest head are a little faster here, although its documentation says otherwise.
 */
export function msgpackr(): Contender {
  const packr = new Packr({ useRecords: false, variableMapSize: true });
  const unpackr = new Unpackr({ useRecords: false });
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
