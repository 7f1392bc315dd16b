import type { StringField } from "../model.js";
import { numberAt, type Schema, textAt } from "../schema.js";
import type { Kind } from "./kind.js";
import { code, headSize } from "./steps.js";

/** The most bytes that a character takes in UTF-8. */
const CHARACTER_SIZE_MAX = 4;

export const stringKind: Kind<StringField> = {
  keywords: ["type", "minLength", "maxLength", "pattern"],
  required: { maxLength: "say how many characters at most, so that receivers can bound it" },
  check(schema, inspection) {
    const reason = patternProblem(schema);
    if (reason !== undefined) inspection.refuse(["pattern"], reason);
  },
  build: stringField,
  typeSchema: () => ({ type: "string" }),
  rules: (field) => ({ type: "string", ...stringRules(field) }),
  sizeMax: stringSizeMax,
  encode: (_field, value) => [code(`writer.string(${value});`)],
};

/** Also the model of the keys of a map, which are strings whose schema need not say so. */
export function stringField(schema: Schema): StringField {
  return {
    kind: "string",
    lengthMin: numberAt(schema, "minLength") ?? 0,
    lengthMax: numberAt(schema, "maxLength") ?? 0,
    pattern: textAt(schema, "pattern"),
  };
}

export function stringRules({ lengthMin, lengthMax, pattern }: StringField): Schema {
  return {
    maxLength: lengthMax,
    ...(lengthMin > 0 ? { minLength: lengthMin } : {}),
    ...(pattern === undefined ? {} : { pattern }),
  };
}

export function stringSizeMax({ lengthMax }: StringField): number {
  return headSize(lengthMax * CHARACTER_SIZE_MAX) + lengthMax * CHARACTER_SIZE_MAX;
}

/** Why the pattern of a schema cannot be used, or `undefined`. */
export function patternProblem(schema: Schema): string | undefined {
  const pattern = textAt(schema, "pattern");
  if (pattern === undefined) return undefined;
  try {
    new RegExp(pattern, "u");
    return undefined;
  } catch (error) {
    return `${error instanceof Error ? error.message : error}: write it as for the flag u`;
  }
}
