import type { Schema } from "../../../codegen/schema.js";
import { SYNTHETIC_FIELDS, SYNTHETIC_TYPES, type SyntheticField } from "./synthetic-fields.js";

const NAMESPACE_SIZE = 25;
/** Of every four messages the first is a request, and the second its answer. */
const CYCLE = 4;
const FIELD_COUNT_MAX = 9;
/** Shares no factor with the number of kinds, so that neighbours differ. */
const STRIDE = 7;

/**
 * A schema folder with `count` messages, by path: always the same, with every kind of field, and in size like
 * the messages of the project, one to nine fields each.
 */
export function syntheticSchemas(count: number): ReadonlyMap<string, Schema> {
  const messages = Array.from({ length: count }, (_, index) => {
    return [`messages/${pathOf(index)}.schema.json`, messageOf(index, count)] as const;
  });
  return new Map([["types.schema.json", SYNTHETIC_TYPES], ...messages]);
}

function pathOf(index: number): string {
  return `group_${Math.floor(index / NAMESPACE_SIZE)}/thing_${index % NAMESPACE_SIZE}`;
}

function messageOf(index: number, count: number): Schema {
  const fields = fieldsOf(index);
  return {
    title: `Synthetic${index}`,
    description: `The synthetic message ${index}, of ${fields.length} fields.`,
    "x-rnp": {
      from: ["node", "controller"],
      to: ["node", "controller"],
      layer: "application",
      frequency: "Only in benchmarks.",
      pool: "control",
      delivery: index % 3 === 0 ? "at-least-once" : "at-most-once",
      ...(index % CYCLE === 0 && index + 1 < count ? requestOf(index) : {}),
    },
    type: "object",
    properties: Object.fromEntries(fields.map(({ name, schema }) => [name, schema])),
    required: fields.filter((_, place) => place % 3 !== 2).map(({ name }) => name),
    additionalProperties: false,
    examples: [Object.fromEntries(fields.map(({ name, example }) => [name, example]))],
  };
}

function requestOf(index: number): Schema {
  return { answer: pathOf(index + 1).replace("/", "."), match: {}, timeout_ms: 5000 };
}

interface NamedField extends SyntheticField {
  readonly name: string;
}

function fieldsOf(index: number): readonly NamedField[] {
  const length = 1 + (index % FIELD_COUNT_MAX);
  return Array.from({ length }, (_, place) => {
    const kind = (index + place * STRIDE) % SYNTHETIC_FIELDS.length;
    return { name: `field_${place}`, ...(SYNTHETIC_FIELDS[kind] as SyntheticField) };
  });
}
