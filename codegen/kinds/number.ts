import type { NumberField } from "../model.js";
import { pick } from "../schema.js";
import type { Kind } from "./kind.js";
import { code } from "./steps.js";

const BOUNDS = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"];

/** A finite number. It travels as an integer where it is one, else as a 64-bit float. */
export const numberKind: Kind<NumberField> = {
  keywords: ["type", ...BOUNDS],
  required: {},
  build: (schema) => ({ kind: "number", bounds: pick(schema, BOUNDS) }),
  typeSchema: () => ({ type: "number" }),
  rules: ({ bounds }) => ({ type: "number", ...bounds }),
  sizeMax: () => 9,
  encode: (_field, value) => [code(`writer.number(${value});`)],
};
