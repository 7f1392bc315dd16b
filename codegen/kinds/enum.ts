import type { EnumField } from "../model.js";
import { textsAt } from "../schema.js";
import { declineIf, type Kind } from "./kind.js";
import { check, headSize, put } from "./steps.js";

/** The longest unknown word that a reader keeps, in characters. */
const UNKNOWN_LENGTH_MAX = 64;
const UNKNOWN_SIZE_MAX = headSize(UNKNOWN_LENGTH_MAX * 4) + UNKNOWN_LENGTH_MAX * 4;

/** One of some words. Unless it is closed, a reader also keeps a word that came later than it. */
export const enumKind: Kind<EnumField> = {
  keywords: ["type", "enum", "x-rnp-closed"],
  required: {},
  check(schema, inspection) {
    const values: unknown = schema.enum;
    const isTexts = Array.isArray(values) && values.every((value) => typeof value === "string");
    if (!isTexts)
      inspection.refuse(["enum"], "holds more than text: use minimum and maximum, or const");
  },
  build: (schema) => ({
    kind: "enum",
    values: textsAt(schema, "enum"),
    isClosed: schema["x-rnp-closed"] === true,
  }),
  typeSchema({ values, isClosed }) {
    const words = values.map((value) => JSON.stringify(value));
    const all = isClosed ? words : [...words, "(string & {})"];
    return { tsType: all.length === 1 ? all[0] : `(${all.join(" | ")})` };
  },
  rules({ values, isClosed }, side) {
    if (side === "write" || isClosed) return { type: "string", enum: values };
    return { type: "string", maxLength: UNKNOWN_LENGTH_MAX };
  },
  sizeMax({ values, isClosed }) {
    const known = Math.max(...values.map(textSize));
    return isClosed ? known : Math.max(known, UNKNOWN_SIZE_MAX);
  },
  encode: ({ values }, value, scope) => [
    check(isOneOf(values, value)),
    put(5, (at) => `${scope.wire("putText")}(buffer, ${at}, ${value})`, value),
  ],
  decode: ({ values, isClosed }, name) => [
    `const ${name} = reader.string();`,
    isClosed
      ? declineIf(`!(${isOneOf(values, name)})`)
      : declineIf(`${name} === undefined || ${name}.length > ${UNKNOWN_LENGTH_MAX}`),
  ],
};

function isOneOf(values: readonly string[], value: string): string {
  return values.map((word) => `${value} === ${JSON.stringify(word)}`).join(" || ");
}

function textSize(text: string): number {
  const size = new TextEncoder().encode(text).length;
  return headSize(size) + size;
}
