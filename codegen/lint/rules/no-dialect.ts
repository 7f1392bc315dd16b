import type { Rule } from "../rule.js";

/** An editor that finds `$schema` looks there, and no more in the meta schemas of the dialect. */
export const noDialect: Rule = {
  id: "no-dialect",
  about: "A file has no $schema, so that editors complete it from the meta schemas.",
  check({ links }, report) {
    for (const [file, schema] of links.files) {
      if (schema.$schema === undefined) continue;
      report(
        { file, pointer: "" },
        ["$schema"],
        "leads editors away from the meta schemas: leave it out",
      );
    }
  },
  mend({ $schema, ...root }) {
    return root;
  },
};
