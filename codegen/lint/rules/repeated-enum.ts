import { textsAt } from "../../schema.js";
import type { Rule } from "../rule.js";

/** Two lists of the same words are one type that somebody will change in one place only. */
export const repeatedEnum: Rule = {
  id: "repeated-enum",
  about: "Words that are listed in two places are a shared type, so that both change together.",
  check({ values }, report) {
    const owners = new Map<string, string>();
    for (const value of values.filter(({ kind }) => kind === "enum")) {
      const words = [...textsAt(value.schema, "enum")].sort().join(" ");
      const owner = owners.get(words);
      if (owner === undefined) owners.set(words, `${value.file}#${value.pointer}`);
      else
        report(value, ["enum"], `lists the words of ${owner} again: make them one type in $defs`);
    }
  },
};
