import * as refa from "refa";
import { compareVersions } from "../../../../codegen/compat/compare.js";
import { patternJudge } from "../../../../codegen/compat/patterns.js";
import type { Verdict } from "../../../../codegen/compat/verdict.js";
import type { SchemaFiles } from "../../../../codegen/load.js";
import { readSchemas } from "../../../../codegen/pipeline.js";
import type { Schema } from "../../../../codegen/schema.js";

/** The verdicts on a change from some files to others. */
export async function verdictsOn(
  before: SchemaFiles,
  after: SchemaFiles,
): Promise<readonly Verdict[]> {
  const [old, now] = await Promise.all([readSchemas(before), readSchemas(after)]);
  return compareVersions({ old, now, isPatternWithin: patternJudge(refa) });
}

/** `!reader bound messages/demo#/properties/a` for what breaks, without the `!` for what does not. */
export function lineOf({ breaks, effect, rule, file, place }: Verdict): string {
  return `${breaks ? "!" : ""}${effect} ${rule} ${file.replace(".schema.json", "")}#${place}`;
}

/** A deep copy with one value at a path changed; `undefined` removes it. */
export function changed(schema: Schema, path: string, value: unknown): Schema {
  const copy = structuredClone(schema) as Record<string, unknown>;
  const steps = path.split("/");
  const last = steps.pop() ?? "";
  const parent = steps.reduce((at, step) => at[step] as Record<string, unknown>, copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}
