import type { BytesField } from "../model.js";
import { numberAt } from "../schema.js";
import { declineIf, type Kind } from "./kind.js";
import { check, code, headSize } from "./steps.js";

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
  encode: ({ sizeMax }, value) => [
    check(`${value} instanceof Uint8Array && ${value}.length <= ${sizeMax}`),
    code(`writer.base64(${value});`),
  ],
  decode: ({ sizeMax }, name) => [
    `const ${name} = reader.bytes();`,
    declineIf(`${name} === undefined || ${name}.length > ${sizeMax}`),
  ],
  convert: (_field, value, scope) => `${scope.wire("bytesFromWire")}(${value})`,
};
