import { isDeepStrictEqual } from "node:util";
import type { Schema } from "../../schema.js";
import type { Rule } from "../rule.js";
import { isBody } from "../values.js";

/** The second of two equal examples shows nothing. */
export const exampleRepeated: Rule = {
  id: "example-repeated",
  about: "No example comes twice.",
  check({ links }, report) {
    for (const [file, schema] of links.files) {
      if (!isBody(file)) continue;
      const examples = examplesOf(schema);
      for (const [index, example] of examples.entries()) {
        if (firstLike(examples, example) === index) continue;
        report(
          { file, pointer: "" },
          ["examples", String(index)],
          "is there already: leave it out",
        );
      }
    }
  },
  mend(root) {
    const examples = examplesOf(root);
    const kept = examples.filter((example, index) => firstLike(examples, example) === index);
    return { ...root, examples: kept };
  },
};

function firstLike(examples: readonly unknown[], example: unknown): number {
  return examples.findIndex((other) => isDeepStrictEqual(other, example));
}

function examplesOf({ examples }: Schema): readonly unknown[] {
  return Array.isArray(examples) ? examples : [];
}
