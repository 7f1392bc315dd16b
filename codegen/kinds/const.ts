import type { ConstField } from "../model.js";
import { declineIf, type Kind } from "./kind.js";
import { check, constantBoolean, constantText, put } from "./steps.js";

/** Always the same value: its bytes are known now. Readers are strict about it too. */
export const constKind: Kind<ConstField> = {
  keywords: ["type", "const"],
  required: {},
  check(schema, inspection) {
    const value = schema.const;
    const isSimple = typeof value === "string" || typeof value === "boolean" || isExact(value);
    if (!isSimple)
      inspection.refuse(["const"], "is no text, boolean or exact number: write one of these");
  },
  build: (schema) => ({ kind: "const", value: schema.const as ConstField["value"] }),
  typeSchema: ({ value }) => ({ tsType: JSON.stringify(value) }),
  rules: ({ value }) => ({ const: value }),
  sizeMax: ({ value }) => (typeof value === "number" ? 9 : constantSize(value)),
  encode({ value }, place, scope) {
    const same = check(`${place} === ${JSON.stringify(value)}`);
    if (typeof value === "number")
      return [same, put(9, (at) => `${scope.wire("putNumber")}(view, ${at}, ${value})`)];
    return [same, typeof value === "string" ? constantText(value) : constantBoolean(value)];
  },
  decode({ value }, name) {
    const method = typeof value as "string" | "number" | "boolean";
    const literal = JSON.stringify(value);
    return [`const ${name} = reader.${method}();`, declineIf(`${name} !== ${literal}`)];
  },
};

function constantSize(value: string | boolean): number {
  return (typeof value === "string" ? constantText(value) : constantBoolean(value)).bytes.length;
}

function isExact(value: unknown): boolean {
  return typeof value === "number" && (Number.isSafeInteger(value) || !Number.isInteger(value));
}
