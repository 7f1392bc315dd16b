import { textsAt } from "../../schema.js";
import type { Rule } from "../rule.js";

const STYLES = [
  /^[a-z0-9]+(?:_[a-z0-9]+)*$/,
  /^[a-z0-9]+(?:-[a-z0-9]+)*$/,
  /^[A-Z0-9]+(?:_[A-Z0-9]+)*$/,
];

/** Words are compared byte for byte, so nobody should have to remember how each is written. */
export const enumCase: Rule = {
  id: "enum-case",
  about: "All words of an enumeration are snake_case, kebab-case or CAPITALS, and all alike.",
  check({ values }, report) {
    for (const value of values.filter(({ kind }) => kind === "enum")) {
      const words = textsAt(value.schema, "enum");
      if (STYLES.some((style) => words.every((word) => style.test(word)))) continue;
      report(
        value,
        ["enum"],
        "mixes ways of writing: make all words snake_case, kebab-case or CAPITALS",
      );
    }
  },
};
