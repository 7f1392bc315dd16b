import type { Rule } from "../rule.js";

/** What is measured and so has a unit, as the last word of a name. A size is in bytes. */
const MEASURED =
  /(?:^|_)(?:age|bandwidth|delay|duration|elapsed|interval|latency|memory|patience|period|rate|speed|timeout|ttl|uptime|wait)$/;

/** Kinds of numbers; a text or a map of this name says its unit in another way. */
const NUMBERS = new Set(["integer", "int64", "number"]);

/** A number whose unit is only in the prose is read as another one sooner or later. */
export const unitInName: Rule = {
  id: "unit-in-name",
  about:
    "The name of a number that is measured ends with its unit, as in timeout_ms or file_bytes.",
  check({ values, links }, report) {
    for (const value of values) {
      const { name } = value;
      if (name === undefined || !MEASURED.test(name)) continue;
      const target = links.follow(value);
      const kind = values.find(({ schema }) => schema === target.schema)?.kind ?? value.kind;
      if (!NUMBERS.has(kind)) continue;
      report(
        value,
        [],
        `does not say in its name what ${name} is counted in: call it ${name}_ms, ${name}_bytes or the like`,
      );
    }
  },
};
