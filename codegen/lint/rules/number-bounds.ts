import type { Rule } from "../rule.js";

/** Without a bound a receiver has to expect every number that a float holds. */
export const numberBounds: Rule = {
  id: "number-bounds",
  about:
    "Integers and numbers have a lower and an upper bound, so that receivers can rely on both.",
  check({ values }, report) {
    for (const value of values) {
      if (value.kind !== "integer" && value.kind !== "number") continue;
      const { schema } = value;
      if (schema.minimum === undefined && schema.exclusiveMinimum === undefined) {
        report(value, [], "has no minimum: say the smallest value that makes sense");
      }
      if (schema.maximum === undefined && schema.exclusiveMaximum === undefined) {
        report(value, [], "has no maximum: say the largest value that makes sense");
      }
    }
  },
};
