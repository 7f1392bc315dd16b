import { join } from "node:path";
import { link } from "../../../codegen/link.js";
import { isErrorFile, isMessageFile, load, messageTypeOf } from "../../../codegen/load.js";
import { PACKAGE_ROOT } from "../../../codegen/package-root.js";
import type { Schema } from "../../../codegen/schema.js";

/** The schemas of the project, as an author wrote them. */
export const { links } = link(await load(join(PACKAGE_ROOT, "schema")));

export interface MessageSource {
  readonly type: string;
  readonly file: string;
  readonly schema: Schema;
  readonly examples: readonly unknown[];
}

/** Every message type with its schema, in the order of their names. */
export const messageSources: readonly MessageSource[] = [...links.files]
  .filter(([file]) => isMessageFile(file))
  .map(([file, schema]) => ({
    type: messageTypeOf(file),
    file,
    schema,
    examples: examplesOf(schema),
  }));

/** Every error code with the examples of its details. */
export const errorSources = [...links.files]
  .filter(([file]) => isErrorFile(file))
  .map(([, schema]) => ({ code: String(schema.title), examples: examplesOf(schema) }));

export function examplesOf(schema: Schema): readonly unknown[] {
  return Array.isArray(schema.examples) ? schema.examples : [];
}
