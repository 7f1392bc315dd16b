import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { Ajv2020, type ErrorObject } from "ajv/dist/2020.js";
import {
  ENVELOPE_FILE,
  isErrorFile,
  isMessageFile,
  PROTOCOL_FILE,
  type SchemaFiles,
} from "../load.js";
import { PACKAGE_ROOT } from "../package-root.js";
import type { Problem } from "../problem.js";
import { isSchema, pointerOf, type Schema, textAt } from "../schema.js";

const META_FOLDER = join(PACKAGE_ROOT, "schema", "meta");

/** Keywords that only lead to the rule that failed; the rule has an error of its own. */
const CONNECTIVES = new Set(["$ref", "allOf", "anyOf", "oneOf", "if"]);

/** Judges each file by its meta schema, the one from which editors complete. */
export async function checkMeta(files: SchemaFiles): Promise<readonly Problem[]> {
  const ajv = await metaValidator();
  return [...files].flatMap(([file, schema]) => problemsOf(ajv, metaNameOf(file), file, schema));
}

/** Judges the content of one file by a meta schema that is not among those of the dialect. */
export async function judge(
  metaName: string,
  file: string,
  value: unknown,
): Promise<readonly Problem[]> {
  return problemsOf(await metaValidator(), metaName, file, value);
}

function problemsOf(
  ajv: Ajv2020,
  metaName: string,
  file: string,
  value: unknown,
): readonly Problem[] {
  const validate = ajv.getSchema(metaName);
  if (validate === undefined) throw new Error(`${metaName} is not in ${META_FOLDER}`);
  if (validate(value)) return [];
  const errors = (validate.errors ?? []).filter(({ keyword }) => !CONNECTIVES.has(keyword));
  return firstPerPlace(errors).map((error) => ({
    file,
    place: placeOf(error),
    text: textOf(error),
  }));
}

function metaNameOf(file: string): string {
  if (file === PROTOCOL_FILE) return "protocol.schema.json";
  if (file === ENVELOPE_FILE) return "envelope.schema.json";
  if (isMessageFile(file)) return "message.schema.json";
  return isErrorFile(file) ? "error.schema.json" : "types.schema.json";
}

/** Made once: reading and compiling takes longer than judging all files. */
let metaValidatorMade: Promise<Ajv2020> | undefined;

function metaValidator(): Promise<Ajv2020> {
  metaValidatorMade ??= makeMetaValidator();
  return metaValidatorMade;
}

async function makeMetaValidator(): Promise<Ajv2020> {
  const ajv = new Ajv2020({ allErrors: true, verbose: true, strictTypes: false });
  for (const file of await readdir(META_FOLDER)) {
    ajv.addSchema(JSON.parse(await readFile(join(META_FOLDER, file), "utf8")) as Schema, file);
  }
  return ajv;
}

function firstPerPlace(errors: readonly ErrorObject[]): readonly ErrorObject[] {
  const places = new Map<string, ErrorObject>();
  for (const error of errors) {
    if (!places.has(placeOf(error))) places.set(placeOf(error), error);
  }
  return [...places.values()];
}

/** Where the error is; of a property that should not be there, the property itself. */
function placeOf({ instancePath, params, propertyName }: ErrorObject): string {
  const { additionalProperty, unevaluatedProperty } = params as Schema;
  const property = propertyName ?? additionalProperty ?? unevaluatedProperty;
  return property === undefined ? instancePath : instancePath + pointerOf([String(property)]);
}

/** What ajv says, what it is about, and what the meta schema says belongs there. */
function textOf({ message, params, parentSchema }: ErrorObject): string {
  const { allowedValues } = params as Schema;
  const detail = allowedValues === undefined ? "" : ` (${JSON.stringify(allowedValues)})`;
  const meaning = isSchema(parentSchema) ? textAt(parentSchema, "description") : undefined;
  return `${message}${detail}${meaning === undefined ? "" : `: ${meaning}`}`;
}
