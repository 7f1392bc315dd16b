import type { Schema } from "../../../codegen/schema.js";

/** A field and a value of it, as JSON has it. */
export interface SyntheticField {
  readonly schema: Schema;
  readonly example: unknown;
}

const SHA256 = `sha256:${"0123456789abcdef".repeat(4)}`;

/** What the messages share, in a file of its own as in any project. */
export const SYNTHETIC_TYPES: Schema = {
  title: "Types",
  description: "What the messages share.",
  $defs: {
    item_id: {
      title: "ItemId",
      description: "Names one item.",
      type: "string",
      maxLength: 127,
      pattern: "^[A-Za-z0-9][A-Za-z0-9._-]{0,126}$",
      examples: ["item-1"],
    },
    checksum: {
      title: "Checksum",
      description: "The SHA-256 of some bytes.",
      type: "string",
      maxLength: 71,
      pattern: "^sha256:[0-9a-f]{64}$",
      examples: [SHA256],
    },
    colour: {
      title: "Colour",
      description: "How something is shown.",
      enum: ["red", "green", "blue"],
      examples: ["red"],
    },
    labels: {
      title: "Labels",
      description: "What an operator said of something.",
      type: "object",
      propertyNames: { maxLength: 63, pattern: "^[a-z0-9._-]{1,63}$" },
      additionalProperties: { type: "string", maxLength: 256 },
      maxProperties: 32,
      examples: [{ rack: "rack-3" }],
    },
    position: {
      title: "Position",
      description: "Where something is.",
      type: "object",
      properties: {
        at: { type: "integer", format: "int64", description: "A moment in nanoseconds." },
        x: { type: "number", description: "To the right, in metres." },
        y: { type: "number", description: "Upwards, in metres." },
      },
      required: ["x", "y"],
      additionalProperties: false,
      examples: [{ at: 1, x: 1.5, y: -2.5 }],
    },
  },
};

function shared(name: string): Schema {
  return {
    $ref: `../../types.schema.json#/$defs/${name}`,
    description: `A shared type, the ${name}.`,
  };
}

/** One of each kind that the dialect has, in the proportions of a protocol: most fields are plain. */
export const SYNTHETIC_FIELDS: readonly SyntheticField[] = [
  { schema: shared("item_id"), example: "item-1" },
  {
    schema: { type: "integer", description: "A count.", minimum: 0, maximum: 4294967295 },
    example: 12,
  },
  { schema: { type: "boolean", description: "Whether it is so." }, example: true },
  { schema: { type: "string", description: "Any text.", maxLength: 256 }, example: "text" },
  {
    schema: { type: "number", description: "A share, in percent.", minimum: 0, maximum: 100 },
    example: 46.875,
  },
  { schema: shared("checksum"), example: SHA256 },
  { schema: shared("colour"), example: "red" },
  {
    schema: {
      description: "How to go about it.",
      enum: ["fast", "safe"],
      "x-rnp-closed": true,
    },
    example: "safe",
  },
  {
    schema: { type: "integer", format: "int64", description: "A moment in nanoseconds." },
    example: 1705075200000,
  },
  {
    schema: {
      type: "string",
      contentEncoding: "base64",
      description: "Bytes.",
      maxLength: 4096,
    },
    example: "AQIDBA==",
  },
  {
    schema: {
      type: "array",
      description: "Words by which it is found.",
      items: { type: "string", maxLength: 63, pattern: "^[a-z]{1,63}$" },
      maxItems: 64,
      uniqueItems: true,
    },
    example: ["one", "two"],
  },
  { schema: shared("labels"), example: { rack: "rack-3" } },
  { schema: shared("position"), example: { at: 1, x: 1.5, y: -2.5 } },
  { schema: { description: "Always the same.", const: "v1" }, example: "v1" },
  {
    schema: {
      description: "A setting, whatever its type.",
      anyOf: [{ type: "string", maxLength: 256 }, { type: "number" }, { type: "boolean" }],
    },
    example: "on",
  },
  {
    schema: {
      type: "object",
      description: "How much is wanted.",
      properties: {
        cpu_cores: { type: "number", description: "Cores.", minimum: 0, maximum: 65536 },
        ram_mb: { type: "integer", description: "Memory in MiB.", minimum: 0, maximum: 1048576 },
        colour: shared("colour"),
      },
      required: ["cpu_cores"],
      additionalProperties: false,
    },
    example: { cpu_cores: 2, ram_mb: 512 },
  },
  {
    schema: {
      type: "array",
      description: "The items that were found.",
      items: {
        type: "object",
        description: "One of them.",
        properties: {
          item_id: shared("item_id"),
          is_healthy: { type: "boolean", description: "Whether it works." },
          position: shared("position"),
        },
        required: ["item_id", "is_healthy"],
        additionalProperties: false,
      },
      maxItems: 1024,
    },
    example: [{ item_id: "item-1", is_healthy: true }],
  },
  {
    schema: {
      type: "object",
      description: "What is known of each node.",
      propertyNames: { maxLength: 63 },
      additionalProperties: {
        type: "object",
        description: "What is known of one.",
        properties: {
          incarnation: { type: "integer", description: "Counts refutations.", minimum: 0 },
        },
        additionalProperties: false,
      },
      maxProperties: 1000,
    },
    example: { "node-1": { incarnation: 3 } },
  },
];
