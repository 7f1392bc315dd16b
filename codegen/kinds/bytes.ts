import type { BytesField } from "../model.js";
import { numberAt } from "../schema.js";
import type { Kind } from "./kind.js";
import { code, headSize } from "./steps.js";

/** Bytes: a `Uint8Array`. On the wire MessagePack bin where both sides agreed on it, else base64 text. */
export const bytesKind: Kind<BytesField> = {
  keywords: ["type", "contentEncoding", "maxLength"],
  required: { maxLength: "say how many base64 characters at most, four for every three bytes" },
  check(schema, inspection) {
    if (schema.contentEncoding === "base64") return;
    inspection.refuse(["contentEncoding"], 'is not "base64", the only encoding of bytes as text');
  },
  build: (schema) => ({
    kind: "bytes",
    sizeMax: Math.floor((numberAt(schema, "maxLength") ?? 0) / 4) * 3,
  }),
  typeSchema: () => ({ tsType: "Uint8Array" }),
  rules: ({ sizeMax }, side) => ({ bytes: { sizeMax, side } }),
  sizeMax: ({ sizeMax }) => headSize((sizeMax / 3) * 4) + (sizeMax / 3) * 4,
  encode: (_field, value) => [code(`writer.base64(${value});`)],
  convert: (_field, value, scope) => `${scope.wire("bytesFromWire")}(${value})`,
};
