import type { BooleanField } from "../model.js";
import type { Kind } from "./kind.js";
import { code } from "./steps.js";

export const booleanKind: Kind<BooleanField> = {
  keywords: ["type"],
  required: {},
  build: () => ({ kind: "boolean" }),
  typeSchema: () => ({ type: "boolean" }),
  rules: () => ({ type: "boolean" }),
  sizeMax: () => 1,
  encode: (_field, value) => [code(`writer.boolean(${value});`)],
};
