import type { Rule } from "../rule.js";

const NEGATIVE = /^(?:is_|has_)?(?:no|not|non|without|disable|disabled|deny|skip)_/;

/** `not_ready: false` has to be read twice. */
export const positiveName: Rule = {
  id: "positive-name",
  about: "A boolean says what is, not what is not, so that false is no double negation.",
  check({ values }, report) {
    for (const value of values) {
      if (value.kind !== "boolean" || value.name === undefined || !NEGATIVE.test(value.name))
        continue;
      report(
        value,
        [],
        `is called ${value.name}, so that false is a double negation: turn its meaning round`,
      );
    }
  },
};
