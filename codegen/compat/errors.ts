import type { ErrorDefinition } from "../model.js";
import type { Place } from "../schema.js";
import type { Compared } from "./compared.js";
import { judgeSource } from "./source.js";
import type { Effect, Judgement, Verdict } from "./verdict.js";
import type { Versions } from "./versions.js";

/** What follows from the error codes having changed. Their details travel as a map that every reader takes. */
export function judgeErrors(versions: Versions, compared: Compared): readonly Verdict[] {
  const before = new Map(versions.old.model.errors.map((error) => [error.code, error]));
  const after = new Map(versions.now.model.errors.map((error) => [error.code, error]));
  const gone = [...before.values()].filter(({ code }) => !after.has(code));
  return [
    ...gone.map((error) => at(error, "", REMOVED)),
    ...[...after.values()].flatMap((error) => {
      const old = before.get(error.code);
      return old === undefined ? [at(error, "", ADDED)] : judged(old, error, versions, compared);
    }),
  ];
}

const REMOVED: Judgement = {
  rule: "error-removed",
  effect: "semantics",
  breaks: true,
  text: "is gone",
  why: "Old peers may send it, and this version no longer knows whether to try again; programs that ask for it no longer compile.",
  instead: "Keep it, and say in the description that it is no longer sent.",
};

const ADDED: Judgement = {
  rule: "error-added",
  effect: "semantics",
  breaks: false,
  text: "has come",
  why: "Old peers do not know it and take it for one that is final.",
  instead: "Nothing to do, unless it is retryable and old peers should try again.",
};

/** The rules of an error, whom a change of each harms and how. */
const RULES: readonly (readonly [keyof ErrorDefinition, Effect, boolean, string, string])[] = [
  ["number", "semantics", true, "Old peers know the code by another number.", "Keep the number."],
  [
    "retryable",
    "semantics",
    true,
    "One version tries again where the other gives up.",
    "Add an error code.",
  ],
  [
    "closes",
    "wire",
    true,
    "One side closes the connection, and the other goes on using it.",
    "Add an error code.",
  ],
  [
    "blame",
    "semantics",
    false,
    "Programs tell people to look elsewhere than before.",
    "Nothing to do.",
  ],
];

function judged(
  old: ErrorDefinition,
  now: ErrorDefinition,
  versions: Versions,
  compared: Compared,
): readonly Verdict[] {
  const changed = RULES.filter(([key]) => old[key] !== now[key]);
  const verdicts = changed.map(([key, effect, breaks, why, instead]) => {
    const text = `was ${String(old[key])}; is ${String(now[key])}`;
    return at(now, `/x-rnp-error/${key}`, {
      rule: `error-${key}`,
      effect,
      breaks,
      text,
      why,
      instead,
    });
  });
  const root: Place = { file: fileOf(now), pointer: "", schema: {} };
  return [...verdicts, ...judgeSource(old.details, now.details, root, versions, compared)];
}

function at(error: ErrorDefinition, place: string, judgement: Judgement): Verdict {
  return { ...judgement, file: fileOf(error), place };
}

function fileOf({ code }: ErrorDefinition): string {
  return `errors/${code.toLowerCase().replaceAll("_", "-")}.schema.json`;
}
