import type { ErrorDefinition } from "../model.js";
import type { Read } from "../pipeline.js";
import { textAt } from "../schema.js";
import { type FieldRow, fieldRows } from "./rows.js";

/** Everything that the schemas say about one error code, for people and for programs. */
export interface ErrorDescription extends Omit<ErrorDefinition, "details" | "write"> {
  readonly details: readonly FieldRow[];
  readonly examples: readonly unknown[];
}

/** What the schemas say about an error code. */
export function describeError(error: ErrorDefinition, { links }: Read): ErrorDescription {
  const { code, number, retryable, blame, closes, doc, help } = error;
  const schema = [...links.files.values()].find((candidate) => {
    return textAt(candidate, "title") === code && candidate["x-rnp-error"] !== undefined;
  });
  const examples = Array.isArray(schema?.examples) ? schema.examples : [];
  return {
    code,
    number,
    retryable,
    blame,
    closes,
    doc,
    help,
    details: fieldRows(error.details),
    examples,
  };
}
