import { messageTypeOf } from "../../load.js";
import { isReservedName, pascalCase } from "../../names.js";
import { textAt } from "../../schema.js";
import { messageFiles } from "../message-files.js";
import type { Rule } from "../rule.js";

/** The name of an interface is found from the type on the wire, and the other way round. */
export const messageTitle: Rule = {
  id: "message-title",
  about: "The title of a message is its type in PascalCase, so that one is found from the other.",
  check(context, report) {
    for (const place of messageFiles(context)) {
      const expected = pascalCase(messageTypeOf(place.file).replaceAll("_", "."));
      const title = textAt(place.schema, "title");
      // A type such as `error` cannot give its name to an interface, so its author chose another.
      if (title === expected || isReservedName(expected)) continue;
      report(
        place,
        ["title"],
        `is ${title} for the type ${messageTypeOf(place.file)}: write ${expected}`,
      );
    }
  },
};
