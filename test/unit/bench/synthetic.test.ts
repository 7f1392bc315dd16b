import { expect, test } from "vitest";
import { kindOfSchema } from "../../../codegen/kinds/index.js";
import { readModel } from "../../../codegen/pipeline.js";
import { schemaAt } from "../../../codegen/schema.js";
import { syntheticSchemas } from "../../bench/gen/synthetic.js";
import { workspace } from "../../bench/gen/workspace.js";

const COUNT = 60;

test("the synthetic messages are the same each time", () => {
  expect(syntheticSchemas(COUNT)).toEqual(syntheticSchemas(COUNT));
  expect(syntheticSchemas(COUNT).size).toBe(COUNT + 1);
});

test("the generator takes them as they are, requests among them", async () => {
  await using place = await workspace(syntheticSchemas(COUNT));
  const { messages } = await readModel(place.schemaFolder);
  expect(messages).toHaveLength(COUNT);
  expect(messages.filter(({ request }) => request !== undefined)).toHaveLength(COUNT / 4);
});

test("they have every kind of field", () => {
  const fields = [...syntheticSchemas(COUNT).values()].flatMap((schema) => {
    const properties = schemaAt(schema, "properties");
    return Object.keys(properties).map((name) => kindOfSchema(schemaAt(properties, name)));
  });
  const kinds = ["array", "boolean", "bytes", "const", "enum", "int64", "integer", "map", "number"];
  expect(new Set(fields)).toEqual(new Set([...kinds, "object", "shared", "string", "union"]));
});
