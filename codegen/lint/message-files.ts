import { isErrorFile, isMessageFile } from "../load.js";
import type { Place } from "../schema.js";
import type { LintContext } from "./rule.js";

/** The roots of the files that describe messages. */
export function messageFiles(context: LintContext): readonly Place[] {
  return rootsOf(context, isMessageFile);
}

/** The roots of the files that describe errors. */
export function errorFiles(context: LintContext): readonly Place[] {
  return rootsOf(context, isErrorFile);
}

function rootsOf({ links }: LintContext, isWanted: (file: string) => boolean): readonly Place[] {
  const files = [...links.files].filter(([file]) => isWanted(file));
  return files.map(([file, schema]) => ({ file, pointer: "", schema }));
}
