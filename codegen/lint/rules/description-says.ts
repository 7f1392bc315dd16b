import { textAt } from "../../schema.js";
import { objectsWithin } from "../objects.js";
import type { Rule } from "../rule.js";

const PLACEHOLDER = /\b(?:TODO|TBD|FIXME|XXX|lorem ipsum)\b/i;

/** A description that repeats the name tells a reader nothing and looks as if it did. */
export const descriptionSays: Rule = {
  id: "description-says",
  about:
    "A description says more than the name it stands beside, and nothing is left to be written later.",
  check({ links }, report) {
    for (const [file, root] of links.files) {
      for (const { pointer, schema } of objectsWithin({ file, pointer: "", schema: root })) {
        const text = textAt(schema, "description");
        if (text === undefined) continue;
        const name = textAt(schema, "title") ?? pointer.slice(pointer.lastIndexOf("/") + 1);
        if (PLACEHOLDER.test(text))
          report({ file, pointer }, ["description"], "is a placeholder: say what it means");
        else if (letters(text) === letters(name))
          report(
            { file, pointer },
            ["description"],
            "repeats the name: say what it means, and its unit",
          );
      }
    }
  },
};

/** Without articles, case and signs: `The node id.` is `node_id`. */
function letters(text: string): string {
  return text
    .toLowerCase()
    .replace(/\b(?:the|an?|of|its)\b/g, "")
    .replace(/[^a-z0-9]/g, "");
}
