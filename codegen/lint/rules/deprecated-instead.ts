import { textAt } from "../../schema.js";
import { objectsWithin } from "../objects.js";
import type { Rule } from "../rule.js";

/** `@deprecated` alone leaves the reader where they were. */
export const deprecatedInstead: Rule = {
  id: "deprecated-instead",
  about: "The description of what is deprecated says what to use instead.",
  check({ links }, report) {
    for (const [file, root] of links.files) {
      for (const { pointer, schema } of objectsWithin({ file, pointer: "", schema: root })) {
        if (schema.deprecated !== true) continue;
        if (/\binstead\b|\bin (?:the|its) place\b/i.test(textAt(schema, "description") ?? ""))
          continue;
        report(
          { file, pointer },
          ["deprecated"],
          'does not say what to use: add a sentence with "instead" to the description',
        );
      }
    }
  },
};
