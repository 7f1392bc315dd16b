import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import { PROTOCOL_FILE, type SchemaFiles } from "../load.js";
import type { Problem } from "../problem.js";
import { isSchema, pointerOf, type Schema } from "../schema.js";

/** Examples that their own schema refuses, in files whose root describes a value and in `$defs`. */
export function checkExamples(files: SchemaFiles): readonly Problem[] {
  const ajv = new Ajv2020({ strict: false, formats: { int64: true } });
  const schemas = [...files].filter(([file]) => file !== PROTOCOL_FILE);
  for (const [file, schema] of schemas) ajv.addSchema({ ...schema, $id: idOf(file) });
  return schemas.flatMap(([file, schema]) => [
    ...checkExamplesOf(ajv, file, [], schema),
    ...definitions(schema).flatMap(([name, inner]) => {
      return checkExamplesOf(ajv, file, ["$defs", name], inner);
    }),
  ]);
}

/** References are relative to the path, so that the path has to be the name. */
function idOf(file: string): string {
  return `rnp:/${file}`;
}

function definitions(schema: Schema): readonly [string, Schema][] {
  const all = isSchema(schema.$defs) ? schema.$defs : {};
  return Object.entries(all).filter((entry): entry is [string, Schema] => isSchema(entry[1]));
}

function checkExamplesOf(
  ajv: Ajv2020,
  file: string,
  segments: readonly string[],
  schema: Schema,
): readonly Problem[] {
  const examples: readonly unknown[] = Array.isArray(schema.examples) ? schema.examples : [];
  if (examples.length === 0) return [];
  const validate = ajv.getSchema(`${idOf(file)}#${pointerOf(segments)}`);
  return examples.flatMap((example, index): Problem[] => {
    if (validate === undefined || validate(example)) return [];
    const place = pointerOf([...segments, "examples", String(index)]);
    return [{ file, place, text: textOf(validate.errors?.[0]) }];
  });
}

function textOf(error: ErrorObject | undefined): string {
  const where = error?.instancePath ? `${error.instancePath} ` : "";
  return `${where}${error?.message}: correct the example or the schema`;
}
