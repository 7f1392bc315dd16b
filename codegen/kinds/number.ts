import type { NumberField } from "../model.js";
import { pick } from "../schema.js";
import { declineIf, type Kind, type Scope } from "./kind.js";
import { check, put } from "./steps.js";

const BOUNDS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];

/** A finite number. It travels as an integer where it is one, else as a 64-bit float. */
export const numberKind: Kind<NumberField> = {
  keywords: ["type", ...BOUNDS],
  required: {},
  build: (schema) => ({ kind: "number", bounds: pick(schema, BOUNDS) }),
  typeSchema: () => ({ type: "number" }),
  rules: ({ bounds }) => ({ type: "number", ...bounds }),
  sizeMax: () => 9,
  encode: (field, value, scope) => [
    check(allowed(field, value, scope)),
    put(9, (at) => `${scope.wire("putNumber")}(view, ${at}, ${value})`),
  ],
  decode: (field, name, _type, scope) => [
    `const ${name} = reader.number();`,
    declineIf(`!(${allowed(field, name, scope)})`),
  ],
};

const COMPARISONS: Readonly<Record<string, string>> = {
  minimum: ">=",
  maximum: "<=",
  exclusiveMinimum: ">",
  exclusiveMaximum: "<",
};

/** A condition that only finite numbers within the bounds meet; texts would be compared as numbers, too. */
function allowed({ bounds }: NumberField, value: string, scope: Scope): string {
  const compared = Object.entries(bounds).flatMap(([keyword, bound]) => {
    const comparison = COMPARISONS[keyword];
    return comparison === undefined ? [] : [`${value} ${comparison} ${bound}`];
  });
  const multiple = bounds.multipleOf;
  const isMultiple =
    multiple === undefined ? [] : [`${scope.wire("isMultiple")}(${value}, ${multiple})`];
  return [isNumber(bounds, value), ...compared, ...isMultiple].join(" && ");
}

/** Two bounds keep NaN and the infinities out by themselves. */
function isNumber(bounds: NumberField["bounds"], value: string): string {
  const isBounded = ["minimum", "maximum"].every((keyword) => bounds[keyword] !== undefined);
  return isBounded ? `typeof ${value} === "number"` : `Number.isFinite(${value})`;
}
