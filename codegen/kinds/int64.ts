import type { Int64Field } from "../model.js";
import { numberAt } from "../schema.js";
import { declineIf, type Kind } from "./kind.js";
import { check, code } from "./steps.js";

const MINIMUM = -(2n ** 63n);
const MAXIMUM = 2n ** 63n - 1n;

/** An integer of 64 bits: always a `bigint` in TypeScript, whatever size it has on the wire. */
export const int64Kind: Kind<Int64Field> = {
  keywords: ["type", "format", "minimum", "maximum"],
  required: {},
  check(schema, inspection) {
    for (const keyword of ["minimum", "maximum"]) {
      const bound = numberAt(schema, keyword) ?? 0;
      if (Number.isSafeInteger(bound)) continue;
      inspection.refuse(
        [keyword],
        "is no safe integer, so JSON cannot say it exactly: leave it out",
      );
    }
  },
  build: (schema) => ({
    kind: "int64",
    minimum: BigInt(numberAt(schema, "minimum") ?? MINIMUM),
    maximum: BigInt(numberAt(schema, "maximum") ?? MAXIMUM),
  }),
  typeSchema: () => ({ tsType: "bigint" }),
  rules: ({ minimum, maximum }, side) => ({
    int64: { minimum: String(minimum), maximum: String(maximum), side },
  }),
  sizeMax: () => 9,
  encode: (field, value) => [
    check(`typeof ${value} === "bigint" && ${within(field, value)}`),
    code(`writer.bigint(${value});`),
  ],
  decode: (field, name) => [
    `const ${name} = reader.bigint();`,
    declineIf(`${name} === undefined || !(${within(field, name)})`),
  ],
  convert: (_field, value) => `BigInt(${value})`,
};

function within({ minimum, maximum }: Int64Field, value: string): string {
  return `${value} >= ${minimum}n && ${value} <= ${maximum}n`;
}
