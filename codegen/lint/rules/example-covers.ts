import { isSchema, type Schema, schemaAt } from "../../schema.js";
import { errorFiles, messageFiles } from "../message-files.js";
import type { Rule } from "../rule.js";

/** Examples are documentation and test vectors: a field in none of them is neither shown nor tried. */
export const exampleCovers: Rule = {
  id: "example-covers",
  about:
    "Each field of a message or error occurs in one of its examples, which are also test vectors.",
  check(context, report) {
    for (const place of [...messageFiles(context), ...errorFiles(context)]) {
      const shown = new Set(examplesOf(place.schema).flatMap(Object.keys));
      const fields = Object.keys(schemaAt(place.schema, "properties"));
      for (const name of fields.filter((field) => !shown.has(field))) {
        report(place, ["properties", name], `is in no example: give ${name} a value in one`);
      }
    }
  },
};

function examplesOf({ examples }: Schema): readonly Schema[] {
  return Array.isArray(examples) ? examples.filter(isSchema) : [];
}
