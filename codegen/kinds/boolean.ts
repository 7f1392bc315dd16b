import type { BooleanField } from "../model.js";
import { declineIf, type Kind } from "./kind.js";
import { check, code } from "./steps.js";

export const booleanKind: Kind<BooleanField> = {
  keywords: ["type"],
  required: {},
  build: () => ({ kind: "boolean" }),
  typeSchema: () => ({ type: "boolean" }),
  rules: () => ({ type: "boolean" }),
  sizeMax: () => 1,
  encode: (_field, value) => [
    check(`typeof ${value} === "boolean"`),
    code(`writer.boolean(${value});`),
  ],
  decode: (_field, name) => [
    `const ${name} = reader.boolean();`,
    declineIf(`${name} === undefined`),
  ],
};
