import type { IntegerField } from "../model.js";
import { numberAt, type Schema } from "../schema.js";
import { declineIf, type Kind, type Scope } from "./kind.js";
import { check, put } from "./steps.js";

/** A whole number that JavaScript holds exactly: bounds outside the safe range are drawn in. */
export const integerKind: Kind<IntegerField> = {
  keywords: ["type", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  required: {},
  check(schema, inspection) {
    const { minimum, maximum } = bounds(schema);
    if (minimum > maximum)
      inspection.refuse([], "allows no integer: the minimum is over the maximum");
  },
  build: (schema) => ({
    kind: "integer",
    ...bounds(schema),
    multipleOf: numberAt(schema, "multipleOf"),
  }),
  typeSchema: () => ({ type: "integer" }),
  rules({ minimum, maximum, multipleOf }) {
    const rules = { type: "integer", minimum, maximum };
    return multipleOf === undefined ? rules : { ...rules, multipleOf };
  },
  sizeMax: ({ minimum, maximum }) => Math.max(encodedSize(minimum), encodedSize(maximum)),
  encode: (field, value, scope) => [
    check(`Number.isInteger(${value}) && ${within(field, value, scope)}`),
    put(9, (at) => `${scope.wire("putInteger")}(view, ${at}, ${value})`),
  ],
  decode: (field, name, _type, scope) => [
    `const ${name} = reader.integer();`,
    declineIf(`!(${within(field, name, scope)})`),
  ],
};

/** A condition that NaN, for what is no integer, does not meet. */
function within(field: IntegerField, value: string, scope: Scope): string {
  const { minimum, maximum, multipleOf } = field;
  const bounds = `${value} >= ${minimum} && ${value} <= ${maximum}`;
  if (multipleOf === undefined) return bounds;
  return `${bounds} && ${scope.wire("isMultiple")}(${value}, ${multipleOf})`;
}

function bounds(schema: Schema): { minimum: number; maximum: number } {
  const above = (numberAt(schema, "exclusiveMinimum") ?? Number.MIN_SAFE_INTEGER - 1) + 1;
  const below = (numberAt(schema, "exclusiveMaximum") ?? Number.MAX_SAFE_INTEGER + 1) - 1;
  return {
    minimum: Math.max(numberAt(schema, "minimum") ?? above, above, Number.MIN_SAFE_INTEGER),
    maximum: Math.min(numberAt(schema, "maximum") ?? below, below, Number.MAX_SAFE_INTEGER),
  };
}

/** Size of the shortest MessagePack form. It grows with the distance from zero. */
function encodedSize(value: number): number {
  if (value >= -0x20 && value < 0x80) return 1;
  if (value >= -0x80 && value < 0x100) return 2;
  if (value >= -0x8000 && value < 0x1_0000) return 3;
  return value >= -0x8000_0000 && value < 0x1_0000_0000 ? 5 : 9;
}
