import type { Links } from "../link.js";
import type { Problem } from "../problem.js";
import { checkErrors } from "./errors.js";
import { checkExamples } from "./examples.js";
import { checkMessages } from "./messages.js";
import { checkMeta } from "./meta.js";
import { checkValues } from "./values.js";

/**
 * Phase 3: everything that stands in the way of generating code, all at once.
 *
 * The rules here know what to do instead and say so; the meta schemas hold whatever they do not. Where
 * both find the same thing, the rule is heard. Examples are judged once the schemas are sound.
 */
export async function check(links: Links): Promise<readonly Problem[]> {
  const found = [...checkValues(links), ...checkMessages(links), ...checkErrors(links)];
  const unheard = (await checkMeta(links.files)).filter((problem) => !isCovered(problem, found));
  const problems = [...found, ...unheard].sort(byPlace);
  return problems.length > 0 ? problems : checkExamples(links.files);
}

function isCovered(problem: Problem, found: readonly Problem[]): boolean {
  return found.some(({ file, place }) => file === problem.file && place.startsWith(problem.place));
}

function byPlace(first: Problem, second: Problem): number {
  return compare(first.file, second.file) || compare(first.place, second.place);
}

function compare(first: string, second: string): number {
  return first < second ? -1 : Number(first > second);
}
