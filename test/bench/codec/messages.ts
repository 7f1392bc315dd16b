import { join } from "node:path";
import { type Links, link } from "../../../codegen/link.js";
import { ENVELOPE_FILE, isMessageFile, load, messageTypeOf } from "../../../codegen/load.js";
import { PACKAGE_ROOT } from "../../../codegen/package-root.js";
import type { Place, Schema } from "../../../codegen/schema.js";
import { fieldsOf, type ObjectShape, type Shape, shapeOf } from "./shape.js";

/** One whole message, as an application has it and as every contender is to carry it. */
export interface BenchMessage {
  /** Its name, for example `mesh.query`. */
  readonly type: string;
  /** The title of its schema, which names it in generated code. */
  readonly title: string;
  /** The envelope with `data` inside. Binary fields are a `Buffer`. */
  readonly payload: Payload;
  /** What `payload` is, for contenders that need a schema of their own. */
  readonly shape: ObjectShape;
}

export interface Payload {
  readonly type: string;
  readonly id: string;
  readonly timestamp: number;
  readonly sender: string;
  readonly data: Record<string, unknown>;
}

/** Every message type of the specification with the first example of its schema. */
export async function benchMessages(): Promise<readonly BenchMessage[]> {
  const { links } = link(await load(join(PACKAGE_ROOT, "schema")));
  const envelope = rootOf(ENVELOPE_FILE, links);
  const files = [...links.files.keys()].filter(isMessageFile);
  return files.map((file) => messageOf(rootOf(file, links), envelope, links));
}

function messageOf(place: Place, envelope: Place, links: Links): BenchMessage {
  const type = messageTypeOf(place.file);
  const data = shapeOf(place, links);
  const fields = [
    ...fieldsOf(envelope, links),
    { name: "data", isOptional: false, shape: data } as const,
  ];
  const payload = {
    type,
    id: "550e8400-e29b-41d4-a716-446655440000",
    timestamp: 1705075200000,
    sender: "node-1",
    data: fromExample(data, firstExample(place.schema)) as Record<string, unknown>,
  };
  return { type, title: String(place.schema.title), payload, shape: { kind: "object", fields } };
}

function rootOf(file: string, { files }: Links): Place {
  const schema = files.get(file);
  if (schema === undefined) throw new Error(`the schema folder has no ${file}`);
  return { file, pointer: "", schema };
}

function firstExample({ title, examples }: Schema): unknown {
  if (Array.isArray(examples) && examples.length > 0) return examples[0];
  throw new Error(`the schema of ${String(title)} has no example to measure with`);
}

/** A value as an application has it: examples say bytes as base64 text, as JSON has to. */
function fromExample(shape: Shape, value: unknown): unknown {
  switch (shape.kind) {
    case "bytes":
      return Buffer.from(String(value), "base64");
    case "array":
      return (value as readonly unknown[]).map((item) => fromExample(shape.items, item));
    case "map":
      return mapValues(value as object, (item) => fromExample(shape.values, item));
    case "object":
      return mapValues(value as object, (item, name) => {
        const field = shape.fields.find((candidate) => candidate.name === name);
        return field === undefined ? item : fromExample(field.shape, item);
      });
    default:
      return value;
  }
}

/** The same object with each value replaced. */
export function mapValues(
  value: object,
  replace: (item: unknown, name: string) => unknown,
): Record<string, unknown> {
  const entries = Object.entries(value).map(([name, item]) => [name, replace(item, name)] as const);
  return Object.fromEntries(entries);
}
