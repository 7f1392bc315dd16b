import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { kindNamed } from "../../../codegen/kinds/index.js";
import type { Field } from "../../../codegen/model.js";
import { readModel } from "../../../codegen/pipeline.js";
import { SchemaProblems } from "../../../codegen/problem.js";
import { type Files, folderWith, messageSchema, messageWith, ROOT } from "./support.js";

type Json = Readonly<Record<string, unknown>>;

/** A row of the table in `schema/README.md` under "Keywords". */
interface Row {
  readonly keyword: string;
  readonly vocabulary: string;
  readonly how: string;
}

const ROW = /^\| `([$\w]+)` +\| ([\w-]+) +\| \**(fused|words|refused)\** +\| .+\|$/;

async function tableOfReadme(): Promise<readonly Row[]> {
  const text = await readFile(join(ROOT, "schema/README.md"), "utf8");
  const [, section] = text.split("\n## Keywords\n");
  const lines = section!.split("\n## ")[0]!.split("\n");
  const rows = lines.filter((line) => line.startsWith("| `"));
  return rows.map((line) => {
    const [, keyword, vocabulary, how] = ROW.exec(line) ?? expect.unreachable(line);
    return { keyword: keyword!, vocabulary: vocabulary!, how: how! };
  });
}

/** The keywords of JSON Schema 2020-12 by the names that the table has for the vocabularies. */
async function dialect(): Promise<readonly string[]> {
  const folder = join(ROOT, "node_modules/ajv/dist/refs/json-schema-2020-12/meta");
  const files = {
    core: "core",
    applicator: "applicator",
    unevaluated: "unevaluated",
    validation: "validation",
    format: "format-annotation",
    content: "content",
    "meta-data": "meta-data",
  };
  const vocabularies = Object.entries(files).map(async ([vocabulary, file]) => {
    const meta: Json = JSON.parse(await readFile(join(folder, `${file}.json`), "utf8"));
    return Object.keys(meta.properties as Json).map((keyword) => `${vocabulary} ${keyword}`);
  });
  return (await Promise.all(vocabularies)).flat();
}

/** What is said about the files, one line for each problem; empty where nothing is wrong. */
async function problemsOf(files: Files): Promise<readonly string[]> {
  try {
    await readModel(await folderWith(files));
    return [];
  } catch (error) {
    if (error instanceof SchemaProblems) return error.message.split("\n");
    throw error;
  }
}

const table = await tableOfReadme();
const DEMO = "messages/demo.schema.json";
const TYPES = {
  title: "Types",
  description: "Shared.",
  $defs: {
    a: { title: "A", description: "Text.", type: "string", maxLength: 8, examples: ["a"] },
  },
};

const text = { type: "string", maxLength: 8 };
const list = { type: "array", items: text, maxItems: 4 };
const map = {
  type: "object",
  propertyNames: { maxLength: 8 },
  additionalProperties: text,
  maxProperties: 4,
};
const object = { type: "object", properties: {}, additionalProperties: false };

/** One schema of each kind of value. */
const KINDS: Readonly<Record<Exclude<Field["kind"], "payload">, Json>> = {
  boolean: { type: "boolean" },
  integer: { type: "integer" },
  int64: { type: "integer", format: "int64" },
  number: { type: "number" },
  string: text,
  bytes: { type: "string", contentEncoding: "base64", maxLength: 8 },
  enum: { enum: ["a"] },
  const: { const: "a" },
  union: { anyOf: [text, { type: "boolean" }] },
  array: list,
  map,
  object,
  shared: { $ref: "../types.schema.json#/$defs/a" },
};

/** Fields whose schema uses a keyword that is honoured. */
const HONOURED: Readonly<Record<string, readonly Json[]>> = {
  $ref: [KINDS.shared],
  properties: [
    { ...object, properties: { inner: { ...text, description: "An inner field." } } },
    object,
  ],
  additionalProperties: [object, map],
  propertyNames: [map, { ...map, propertyNames: { maxLength: 8, minLength: 1, pattern: "^a" } }],
  items: [list],
  anyOf: [KINDS.union],
  type: [KINDS.boolean, KINDS.integer, KINDS.number, text, list, object],
  const: [{ const: "a" }, { const: 1.5 }, { const: true }],
  enum: [KINDS.enum, { enum: ["a"], "x-rnp-closed": true }],
  multipleOf: [
    { type: "integer", multipleOf: 5 },
    { type: "number", multipleOf: 0.5 },
  ],
  maximum: numbers("maximum", true),
  exclusiveMaximum: numbers("exclusiveMaximum", false),
  minimum: numbers("minimum", true),
  exclusiveMinimum: numbers("exclusiveMinimum", false),
  maxLength: [text, KINDS.bytes],
  minLength: [{ ...text, minLength: 2 }],
  pattern: [{ ...text, pattern: "^[a-z]*$" }],
  maxItems: [list],
  minItems: [{ ...list, minItems: 1 }],
  uniqueItems: [{ ...list, uniqueItems: true }],
  maxProperties: [map],
  minProperties: [{ ...map, minProperties: 1 }],
  required: [
    {
      ...object,
      properties: { inner: { ...text, description: "An inner field." } },
      required: ["inner"],
    },
  ],
  format: [KINDS.int64],
  contentEncoding: [KINDS.bytes],
  title: [{ ...object, title: "Inner" }],
  description: [{ ...text, description: "A field." }],
  deprecated: [{ ...text, deprecated: true }],
  examples: [{ ...text, examples: ["a"] }],
};

/** Keywords that are honoured where there is no field. */
const HONOURED_IN_FILES: Readonly<Record<string, Files>> = {
  $schema: { [DEMO]: messageSchema({ $schema: "https://json-schema.org/draft/2020-12/schema" }) },
  $defs: { "types.schema.json": TYPES },
};

function numbers(keyword: string, isForInt64: boolean): readonly Json[] {
  const kinds = [KINDS.integer, KINDS.number, ...(isForInt64 ? [KINDS.int64] : [])];
  return kinds.map((kind) => ({ ...kind, [keyword]: 5 }));
}

describe("the table of keywords in schema/README.md", () => {
  test("has every keyword of JSON Schema 2020-12 once, in its vocabulary", async () => {
    const rows = table.map(({ vocabulary, keyword }) => `${vocabulary} ${keyword}`);
    expect(rows.toSorted()).toEqual((await dialect()).toSorted());
  });

  test("says of exactly those that they are fused which some kind of value honours", () => {
    const kinds = Object.keys(KINDS) as (keyof typeof KINDS)[];
    const honoured = kinds.flatMap((kind) => kindNamed(kind).keywords);
    const own = honoured.filter((keyword) => !keyword.startsWith("x-rnp"));
    const inKeys = ["minLength", "maxLength", "pattern"];
    const fused = table.filter(({ how }) => how === "fused").map(({ keyword }) => keyword);
    expect(fused.toSorted()).toEqual([...new Set([...own, ...inKeys])].toSorted());
  });

  const honoured = table.filter(({ how }) => how !== "refused");
  test.each(honoured)("$keyword is $how: a schema with it is taken", async ({ keyword }) => {
    const fields = HONOURED[keyword] ?? [];
    const files = fields.map((field) => ({ [DEMO]: messageWith(field) }));
    const all: readonly Files[] =
      keyword in HONOURED_IN_FILES ? [HONOURED_IN_FILES[keyword]!] : files;
    expect(all.length).toBeGreaterThan(0);
    for (const each of all) {
      expect(JSON.stringify(each)).toContain(`"${keyword}":`);
      expect(await problemsOf({ "types.schema.json": TYPES, ...each })).toEqual([]);
    }
  });

  const refused = table.filter(({ how }) => how === "refused");
  test.each(refused)("$keyword is refused wherever it stands", async ({ keyword }) => {
    const fields = Object.entries(KINDS).map(([name, schema]) => {
      return [name, { description: "A field.", ...schema, [keyword]: {} }] as const;
    });
    const lines = await problemsOf({
      [DEMO]: messageSchema({ properties: Object.fromEntries(fields), [keyword]: {} }),
      "types.schema.json": { ...TYPES, [keyword]: {} },
    });
    const places = [
      `types.schema.json#/${keyword}`,
      `${DEMO}#/${keyword}`,
      ...fields.map(([name]) => `${DEMO}#/properties/${name}/${keyword}`),
    ];
    for (const place of places) {
      expect(lines.filter((line) => line.startsWith(`${place}: `))).toHaveLength(1);
    }
  });

  test("is all there is: a keyword that it does not have is refused", async () => {
    const lines = await problemsOf({ [DEMO]: messageWith({ ...text, definitions: {} }) });
    expect(lines).toEqual([
      `${DEMO}#/properties/field/definitions: is not honoured in a value of the kind string: leave it out`,
    ]);
  });
});
