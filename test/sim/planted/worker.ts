import { pause, workFor } from "../crew.js";
import { live } from "../run.js";
import { FAULTS, type Fault } from "./all-faults.js";
import { type Finding, SEED_COUNT_MAX } from "./finding.js";

/* Looks for one fault after the other. */

// Messages are refused by the thousand, and nobody reads where in the code that was.
Error.stackTraceLimit = 0;
workFor(async (name: string): Promise<Finding> => ({ name, ...(await seek(FAULTS[name]!)) }));

/** The first seed that finds a fault, by the rule that it breaks where that is given, and all rules broken there. */
async function seek({ plant, breaks }: Fault): Promise<Omit<Finding, "name">> {
  const remove = plant();
  try {
    for (let seed = 1; seed <= SEED_COUNT_MAX; seed++) {
      await pause();
      const { problems } = await live(seed);
      const rules = new Set(problems.map(({ checker }) => checker));
      const isFound = breaks === undefined ? rules.size > 0 : rules.has(breaks);
      if (isFound) return { seed, rules: [...rules] };
    }
    return { seed: undefined, rules: [] };
  } finally {
    remove();
  }
}
