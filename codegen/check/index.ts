import type { Links } from "../link.js";
import type { Problem } from "../problem.js";
import { checkErrors } from "./errors.js";
import { checkMessages } from "./messages.js";
import { checkMeta } from "./meta.js";
import { checkValues } from "./values.js";

/**
 * Phase 3: everything that stands in the way of generating code, all at once.
 *
 * The rules here know what to do instead and say so; the meta schemas hold whatever they do not. Where
 * both find the same thing, the rule is heard.
 */
export async function check(links: Links): Promise<readonly Problem[]> {
  const found = [...checkValues(links), ...checkMessages(links), ...checkErrors(links)];
  const unheard = (await checkMeta(links.files)).filter((problem) => !isCovered(problem, found));
  return [...found, ...unheard].sort(byPlace);
}

/** Whether something was found at the same place, or above or below it short of the root. */
function isCovered(problem: Problem, found: readonly Problem[]): boolean {
  const places = found.filter(({ file }) => file === problem.file).map(({ place }) => place);
  return places.some((place) => {
    return (
      place === problem.place || isBelow(place, problem.place) || isBelow(problem.place, place)
    );
  });
}

function isBelow(place: string, other: string): boolean {
  return other !== "" && place.startsWith(`${other}/`);
}

function byPlace(first: Problem, second: Problem): number {
  return compare(first.file, second.file) || compare(first.place, second.place);
}

function compare(first: string, second: string): number {
  return first < second ? -1 : Number(first > second);
}
