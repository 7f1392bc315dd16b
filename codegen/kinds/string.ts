import type { StringField } from "../model.js";
import { numberAt, type Schema, textAt } from "../schema.js";
import { isAsciiOnly } from "./ascii.js";
import { declineIf, type Kind, type Scope } from "./kind.js";
import { check, code, headSize, put, type Step } from "./steps.js";

const MEASURED_LENGTH_MIN = 4096;
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
    putString(field, value, scope),
  ],
  decode: (field, name, _type, scope) => readText(field, name, scope),
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

/** Texts that may be long are measured before memory is made for them; others get three bytes a unit. */
function putString({ lengthMax }: StringField, value: string, scope: Scope): Step {
  if (lengthMax > MEASURED_LENGTH_MIN) return code(`writer.string(${value});`);
  return put(5, (at) => `${scope.wire("putText")}(buffer, ${at}, ${value})`, value);
}

/** Statements that read and check a text; a pattern is checked where the text is looked up. */
export function readText(field: StringField, name: string, scope: Scope): readonly string[] {
  const { pattern } = field;
  const read =
    pattern === undefined ? "reader.string()" : `reader.matching(${scope.pattern(pattern)})`;
  const rest = lengthConditions(field, name, scope).join(" && ");
  return [`const ${name} = ${read};`, declineIf(`${name} === undefined || !(${rest})`)];
}

/**
 * A condition on a text. `length` counts a surrogate pair as two where the schema counts one, so a text
 * that seems too long is left to the reference path, and a lower bound above 1 is counted exactly.
 */
export function isAllowedText(field: StringField, value: string, scope: Scope): string {
  const { pattern } = field;
  const conditions = lengthConditions(field, value, scope);
  if (pattern !== undefined) conditions.push(`${scope.pattern(pattern)}.test(${value})`);
  return conditions.join(" && ");
}

function lengthConditions(field: StringField, value: string, scope: Scope): string[] {
  const { lengthMin, lengthMax } = field;
  const conditions = [`${value}.length <= ${lengthMax}`];
  if (lengthMin === 1) conditions.push(`${value}.length > 0`);
  if (lengthMin > 1) conditions.push(`${scope.wire("hasCharacters")}(${value}, ${lengthMin})`);
  return conditions;
}

export function stringSizeMax({ lengthMax, pattern }: StringField): number {
  const isAscii = pattern !== undefined && isAsciiOnly(pattern);
  const size = lengthMax * (isAscii ? 1 : CHARACTER_SIZE_MAX);
  return headSize(size) + size;
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
