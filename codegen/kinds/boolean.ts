import type { BooleanField } from "../model.js";
import { declineIf, type Kind } from "./kind.js";
import { check, put } from "./steps.js";

export const booleanKind: Kind<BooleanField> = {
  keywords: ["type"],
  required: {},
  build: () => ({ kind: "boolean" }),
  typeSchema: () => ({ type: "boolean" }),
  rules: () => ({ type: "boolean" }),
  sizeMax: () => 1,
  encode: (_field, value, scope) => [
    check(`typeof ${value} === "boolean"`),
    put(1, (at) => `${scope.wire("putBoolean")}(view, ${at}, ${value})`),
  ],
  decode: (_field, name) => [
    `const ${name} = reader.boolean();`,
    declineIf(`${name} === undefined`),
  ],
};
