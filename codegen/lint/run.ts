import { load, type SchemaFiles } from "../load.js";
import { readSchemas } from "../pipeline.js";
import { type Problem, SchemaProblems } from "../problem.js";
import { pointerOf } from "../schema.js";
import { loadWaivers, unwaived } from "../waivers.js";
import type { Finding, LintContext, Rule } from "./rule.js";
import { RULES } from "./rules/index.js";
import { valuesOf } from "./values.js";

/** The rule of waivers themselves. */
const IDLE_WAIVER = "idle-waiver";

/**
 * Everything that the schemas in a folder could do better and that is not waived on `today` (as
 * `2027-01-31`), sorted by file and place. Where something stands in the way of generating code, that
 * alone: advice on schemas that mean nothing yet would mislead.
 */
export async function lint(schemaFolder: string, today: string): Promise<readonly Finding[]> {
  try {
    const found = await lintFiles(await load(schemaFolder));
    const waivers = await loadWaivers(schemaFolder, "lint");
    const { left, idle } = unwaived(found, waivers, "lint", today);
    return [...left, ...idle.map((problem) => asFinding(IDLE_WAIVER, "advice", problem))];
  } catch (error) {
    if (!(error instanceof SchemaProblems)) throw error;
    return error.problems.map((problem) => asFinding("gen", "error", problem));
  }
}

/** As `lint`, for files in memory. Throws `SchemaProblems` where code cannot be generated. */
export async function lintFiles(files: SchemaFiles): Promise<readonly Finding[]> {
  const { links, model } = await readSchemas(files);
  const context: LintContext = { links, model, values: valuesOf(links) };
  const found = await Promise.all(RULES.map((rule) => findings(rule, context)));
  return found.flat().sort(byPlace);
}

async function findings(rule: Rule, context: LintContext): Promise<readonly Finding[]> {
  const found: Finding[] = [];
  await rule.check(context, ({ file, pointer }, segments, text) => {
    const place = pointer + pointerOf(segments);
    const isFixable = rule.mend !== undefined;
    found.push({ rule: rule.id, severity: "advice", file, place, text, isFixable });
  });
  return found;
}

function asFinding(rule: string, severity: Finding["severity"], problem: Problem): Finding {
  return { rule, severity, ...problem, isFixable: false };
}

function byPlace(first: Finding, second: Finding): number {
  const [one, other] = [first, second].map(({ file, place, rule }) =>
    [file, place, rule].join(" "),
  );
  return (one ?? "") < (other ?? "") ? -1 : 1;
}
