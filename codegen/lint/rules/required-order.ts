import { isSchema, type Schema, schemaAt, textsAt } from "../../schema.js";
import type { Rule } from "../rule.js";

/** Both lists name the same fields; side by side they should be easy to compare. */
export const requiredOrder: Rule = {
  id: "required-order",
  about: "Required fields are listed in the order of the fields.",
  check({ values }, report) {
    for (const value of values.filter(({ kind }) => kind === "object")) {
      const names = textsAt(value.schema, "required");
      const sorted = inOrderOfFields(value.schema, names);
      if (sorted.every((name, index) => name === names[index])) continue;
      report(
        value,
        ["required"],
        `is not in the order of the fields: write ${JSON.stringify(sorted)}`,
      );
    }
  },
  mend: (root) => withSorted(root) as Schema,
};

function withSorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSorted);
  if (!isSchema(value)) return value;
  const entries = Object.entries(value).map(([key, inner]) => {
    if (key === "examples") return [key, inner];
    const isList = key === "required" && Array.isArray(inner) && isSchema(value.properties);
    return [key, isList ? inOrderOfFields(value, textsAt(value, key)) : withSorted(inner)];
  });
  return Object.fromEntries(entries);
}

function inOrderOfFields(schema: Schema, names: readonly string[]): readonly string[] {
  const fields = Object.keys(schemaAt(schema, "properties"));
  return [...names].sort((first, second) => fields.indexOf(first) - fields.indexOf(second));
}
