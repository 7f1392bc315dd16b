import { isSchema, type Schema } from "../../schema.js";
import { objectsWithin } from "../objects.js";
import type { Rule } from "../rule.js";

/** Descriptions become doc comments and pages side by side, where half sentences stand out. */
export const sentence: Rule = {
  id: "sentence",
  about: "A description is in full sentences: it begins with a capital and ends with a full stop.",
  check({ links }, report) {
    for (const [file, root] of links.files) {
      for (const { pointer, schema } of objectsWithin({ file, pointer: "", schema: root })) {
        const { description } = schema;
        if (typeof description !== "string" || mended(description) === description) continue;
        report(
          { file, pointer },
          ["description"],
          "is no full sentence: begin with a capital and end with a full stop",
        );
      }
    }
  },
  mend: (root) => withMended(root) as Schema,
};

/** Values are not looked into: an example may have a field of this name. */
function withMended(value: unknown, key = ""): unknown {
  if (key === "examples") return value;
  if (Array.isArray(value)) return value.map((item) => withMended(item));
  if (!isSchema(value)) return value;
  const entries = Object.entries(value).map(([name, inner]) => {
    const isText = name === "description" && typeof inner === "string";
    return [name, isText ? mended(inner) : withMended(inner, name)];
  });
  return Object.fromEntries(entries);
}

function mended(text: string): string {
  const trimmed = text.trim();
  const ended = /[.!?:)`]$/.test(trimmed) ? trimmed : `${trimmed}.`;
  return /^\p{Ll}\p{L}* /u.test(ended) ? ended.slice(0, 1).toUpperCase() + ended.slice(1) : ended;
}
