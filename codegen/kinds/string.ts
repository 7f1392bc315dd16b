import type { StringField } from "../model.js";
import { numberAt, type Schema, textAt } from "../schema.js";
import { declineIf, type Kind, type Scope } from "./kind.js";
import { check, code, headSize } from "./steps.js";

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
  encode: (field, value, scope) => [
    check(`typeof ${value} === "string" && ${isAllowedText(field, value, scope)}`),
    code(`writer.string(${value});`),
  ],
  decode: (field, name, _type, scope) => [
    `const ${name} = reader.string();`,
    declineIf(`${name} === undefined || !(${isAllowedText(field, name, scope)})`),
  ],
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

/**
 * A condition on a text. `length` counts a surrogate pair as two where the schema counts one, so a text
 * that seems too long is left to the reference path, and a lower bound above 1 is counted exactly.
 */
export function isAllowedText(field: StringField, value: string, scope: Scope): string {
  const { lengthMin, lengthMax, pattern } = field;
  const conditions = [`${value}.length <= ${lengthMax}`];
  if (lengthMin === 1) conditions.push(`${value}.length > 0`);
  if (lengthMin > 1) conditions.push(`${scope.wire("hasCharacters")}(${value}, ${lengthMin})`);
  if (pattern !== undefined) conditions.push(`${scope.pattern(pattern)}.test(${value})`);
  return conditions.join(" && ");
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
