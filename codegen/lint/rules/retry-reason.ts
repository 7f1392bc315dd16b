import { textAt } from "../../schema.js";
import { errorFiles } from "../message-files.js";
import type { Rule } from "../rule.js";

/** Whether to retry is the first question about every error, and a bare boolean is easily wrong. */
export const retryReason: Rule = {
  id: "retry-reason",
  about: "The description of an error says why another attempt may succeed, or why not.",
  check(context, report) {
    for (const place of errorFiles(context)) {
      if (/\bretr(?:y|ied|yable|ies)\b/i.test(textAt(place.schema, "description") ?? "")) continue;
      report(
        place,
        ["description"],
        'does not say why it is retryable or not: add "Retryable: …" or "Not retryable: …"',
      );
    }
  },
};
