import { PROTOCOL_FILE } from "../load.js";
import type { Read } from "../pipeline.js";

/**
 * The schemas as they are published: each names itself, so that validators of any language resolve the
 * relative references between them. The name is no address; nothing is fetched from there.
 */
export function identifiedSchemas(
  { links }: Read,
  version: string,
): readonly (readonly [string, string])[] {
  return [...links.files].map(([file, schema]) => {
    const named = { $schema: DIALECT, $id: schemaId(file, version), ...schema };
    return [`schema/${file}`, json(file === PROTOCOL_FILE ? schema : named)] as const;
  });
}

/** The `$id` of a published schema. */
export function schemaId(file: string, version: string): string {
  return `rnp://schema/${version}/${file}`;
}

const DIALECT = "https://json-schema.org/draft/2020-12/schema";

/** JSON for people, with a line end. */
export function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
