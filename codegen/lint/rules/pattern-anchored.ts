import { patternsOf } from "../pattern.js";
import type { Rule } from "../rule.js";

/** Whoever reads `[a-z]+` takes it for what all of the text is. */
export const patternAnchored: Rule = {
  id: "pattern-anchored",
  about:
    "A pattern begins with ^ and ends with $, since one that only occurs in a text hardly bounds it.",
  check(context, report) {
    for (const { place, source } of patternsOf(context)) {
      if (source.startsWith("^") && /(?<!\\)(?:\\\\)*\$$/.test(source)) continue;
      report(
        place,
        ["pattern"],
        "is found anywhere in the text: begin it with ^ and end it with $",
      );
    }
  },
};
