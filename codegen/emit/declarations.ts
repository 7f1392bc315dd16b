import { typeSchemaOf } from "../kinds/index.js";
import { interfaceSchema } from "../kinds/object.js";
import type { Field } from "../model.js";
import type { Peers } from "../peers.js";
import { isSchema, type Schema } from "../schema.js";
import { objectsIn } from "./fields.js";
import { wrap } from "./words.js";

type Compile = Peers["jsonSchemaToTypescript"]["compile"];

/**
 * The type of `field` under `name`, and the interfaces of all objects inside it. Each is written by itself
 * and refers to the others by the names that the model gave them, so that none is ever written twice.
 */
export async function declarations(
  field: Field,
  name: string,
  doc: string,
  compile: Compile,
): Promise<string> {
  const own = field.kind === "object" ? [] : [{ name, doc, schema: typeSchemaOf(field) }];
  const objects = objectsIn(field).map((object) => {
    return { name: object.name, doc: object.doc, schema: interfaceSchema(object, typeSchemaOf) };
  });
  const texts = [...own, ...objects].map((type) => declaration(type, compile));
  return (await Promise.all(texts)).join("\n\n");
}

async function declaration(
  { name, doc, schema }: { name: string; doc: string; schema: Schema },
  compile: Compile,
): Promise<string> {
  const titled = wrapDescriptions({ ...schema, title: name, description: doc });
  const text = await compile(titled, name, { bannerComment: "", format: false });
  return text.replace(/\/\*\*\n \* (.*)\n \*\//g, "/** $1 */").trim();
}

/** A copy whose descriptions fit into comments. */
function wrapDescriptions(schema: Schema): Schema {
  const entries = Object.entries(schema).map(([key, value]) => {
    if (key === "description" && typeof value === "string") return [key, wrap(value)];
    return [key, isSchema(value) ? wrapDescriptions(value) : value];
  });
  return Object.fromEntries(entries);
}
