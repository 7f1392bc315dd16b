import type { Schema } from "../../../../codegen/schema.js";
import { errorSchema, messageSchema } from "../support.js";

/** Schemas, and where one rule finds something in them; nowhere, to show what the rule leaves alone. */
export interface Case {
  readonly rule: string;
  readonly name: string;
  readonly files: Readonly<Record<string, Schema>>;
  /** `file#place`, in order. */
  readonly at: readonly string[];
}

const DEMO = "messages/demo.schema.json";
const REPLY = "messages/reply.schema.json";
const ERROR = "errors/no-luck.schema.json";
const TYPES = "types.schema.json";

/** A message that no rule objects to. */
function good(changes: Schema = {}, rnp: Schema = {}): Schema {
  return messageSchema({ examples: [{ name: "ann" }], ...changes }, rnp);
}

/** A good message with one field, which its example shows. */
function withField(name: string, field: Schema, example: unknown): Schema {
  const { type, format, $ref, description = "What is tried here.", ...rest } = field;
  const first =
    $ref === undefined ? { type, ...(format === undefined ? {} : { format }) } : { $ref };
  return good({
    properties: { [name]: { ...first, description, ...rest } },
    examples: [{ [name]: example }],
  });
}

function text(pattern: string, lengthMax = 64): Schema {
  return { type: "string", maxLength: lengthMax, pattern };
}

/** A request and its answer, which share the required field `name`. */
function pair(request: Schema, answer: Schema = {}): Case["files"] {
  const required = { required: ["name"], examples: [{ name: "ann" }] };
  const { properties, required: names, additionalProperties, examples, ...head } = good(required);
  const body = { properties, required: names, additionalProperties, examples };
  const rnp = { answer: "reply", match: { name: "name" }, timeout_ms: 1000, ...request };
  return {
    [DEMO]: { ...head, "x-rnp": { ...(head["x-rnp"] as Schema), ...rnp }, ...body },
    [REPLY]: {
      ...head,
      title: "Reply",
      "x-rnp": { ...(head["x-rnp"] as Schema), ...answer },
      ...body,
    },
  };
}

/** A type that a message refers to, or does not. */
function typed(isUsed: boolean): Case["files"] {
  const name = { title: "Name", description: "What one is called.", type: "string", maxLength: 8 };
  const field = isUsed ? { $ref: `../${TYPES}#/$defs/name` } : { type: "string", maxLength: 8 };
  return {
    [TYPES]: {
      title: "Types",
      description: "Shared.",
      $defs: { name: { ...name, examples: ["a"] } },
    },
    [DEMO]: withField("name", field, "ann"),
  };
}

function error(changes: Schema): Case["files"] {
  return { [ERROR]: errorSchema({ description: "Retryable: luck changes.", ...changes }) };
}

function demo(rule: string, name: string, schema: Schema, ...places: string[]): Case {
  return { rule, name, files: { [DEMO]: schema }, at: places.map((place) => `${DEMO}#${place}`) };
}

const FIELD = "/properties/field";

const words = (...list: string[]): Schema => ({ type: "string", enum: list });

export const CASES: readonly Case[] = [
  {
    rule: "answer-direction",
    name: "a role that is never asked",
    files: pair({ to: ["node"] }, { from: ["node", "controller"] }),
    at: [`${REPLY}#/x-rnp/from`],
  },
  {
    rule: "answer-direction",
    name: "a role that never asks",
    files: pair({}, { to: ["node", "controller"] }),
    at: [`${REPLY}#/x-rnp/to`],
  },
  {
    rule: "answer-direction",
    name: "an answer that stands alone",
    files: pair({}, { to: ["node", "controller"], standalone: true }),
    at: [],
  },
  demo(
    "deprecated-instead",
    "without a word",
    withField("field", { type: "boolean", deprecated: true }, true),
    `${FIELD}/deprecated`,
  ),
  demo(
    "deprecated-instead",
    "with what to use",
    withField(
      "field",
      { type: "boolean", description: "Use `name` instead.", deprecated: true },
      true,
    ),
  ),
  demo(
    "description-says",
    "the name again",
    withField("field", { type: "boolean", description: "The field." }, true),
    `${FIELD}/description`,
  ),
  demo(
    "description-says",
    "a placeholder",
    withField("field", { type: "boolean", description: "TBD." }, true),
    `${FIELD}/description`,
  ),
  demo("description-says", "more", withField("field", { type: "boolean" }, true)),
  demo(
    "enum-case",
    "a mixture",
    withField("field", words("one_two", "three-four"), "one_two"),
    `${FIELD}/enum`,
  ),
  demo(
    "enum-case",
    "mixed capitals",
    withField("field", words("ALIVE", "dead"), "ALIVE"),
    `${FIELD}/enum`,
  ),
  demo("enum-case", "snakes", withField("field", words("one_two", "three"), "three")),
  demo("enum-case", "kebabs", withField("field", words("one-two", "three"), "three")),
  demo("enum-case", "capitals", withField("field", words("ONE_TWO", "THREE"), "THREE")),
  demo(
    "example-covers",
    "a field that is never shown",
    good({ examples: [{}] }),
    "/properties/name",
  ),
  demo("example-covers", "a field in the second", good({ examples: [{}, { name: "ann" }] })),
  {
    rule: "example-covers",
    name: "a detail that is never shown",
    files: error({
      properties: { name: { type: "string", description: "Whose luck.", maxLength: 8 } },
    }),
    at: [`${ERROR}#/properties/name`],
  },
  demo(
    "example-repeated",
    "twice",
    good({ examples: [{ name: "ann" }, {}, { name: "ann" }] }),
    "/examples/2",
  ),
  demo("example-repeated", "once each", good({ examples: [{ name: "ann" }, {}] })),
  demo(
    "key-order",
    "of a field",
    good({
      properties: { name: { maxLength: 8, type: "string", description: "What one is called." } },
    }),
    "",
  ),
  demo("key-order", "of a file", ending(), ""),
  demo("key-order", "as it should be", good()),
  demo("message-title", "another", good({ title: "Sample" }), "/title"),
  {
    rule: "message-title",
    name: "of words",
    files: { "messages/a/b_c.schema.json": good({ title: "ABC" }) },
    at: [],
  },
  {
    rule: "message-title",
    name: "that is taken",
    files: { "messages/error.schema.json": good({ title: "ErrorData" }) },
    at: [],
  },
  demo(
    "message-size",
    "too large",
    withField("field", { type: "string", maxLength: 16_777_216 }, "a"),
    "",
  ),
  demo(
    "message-size",
    "as large as can be",
    withField("field", { type: "string", maxLength: 4_000_000 }, "a"),
  ),
  {
    rule: "natural-key",
    name: "that is not named",
    files: pair({ match: {} }),
    at: [`${DEMO}#/x-rnp/match`],
  },
  { rule: "natural-key", name: "that is named", files: pair({}), at: [] },
  demo(
    "no-dialect",
    "named",
    { $schema: "https://json-schema.org/draft/2020-12/schema", ...good() },
    "/$schema",
  ),
  demo("no-dialect", "not named", good()),
  demo(
    "number-bounds",
    "no minimum",
    withField("field", { type: "integer", maximum: 1 }, 1),
    FIELD,
  ),
  demo(
    "number-bounds",
    "no maximum",
    withField("field", { type: "number", exclusiveMinimum: 1 }, 2),
    FIELD,
  ),
  demo("number-bounds", "neither", withField("field", { type: "integer" }, 1), FIELD, FIELD),
  demo(
    "number-bounds",
    "both",
    withField("field", { type: "number", minimum: 0, exclusiveMaximum: 1 }, 0.5),
  ),
  demo("number-bounds", "of 64 bits", withField("field", { type: "integer", format: "int64" }, 1)),
  demo("pattern-anchored", "at no end", withField("field", text("[a-z]"), "a"), `${FIELD}/pattern`),
  demo(
    "pattern-anchored",
    "at its end only",
    withField("field", text("[a-z]$"), "a"),
    `${FIELD}/pattern`,
  ),
  demo(
    "pattern-anchored",
    "by a dollar sign that is meant",
    withField("field", text("^[a-z]\\$"), "a$"),
    `${FIELD}/pattern`,
  ),
  demo("pattern-anchored", "at both", withField("field", text("^[a-z]$"), "a")),
  ...["^(a+)+$", "^(?:[a-z]{1,9}){1,9}$", "^(?:a{0,60}){0,60}$", "^(?:a|ab)*$", "^(x+x+)+y$"].map(
    (source) =>
      demo(
        "pattern-cost",
        source,
        withField(
          "field",
          text(source),
          "xxxy".includes("x") && source.includes("y$") ? "xxy" : "a",
        ),
        `${FIELD}/pattern`,
      ),
  ),
  demo(
    "pattern-cost",
    "side by side in a long text",
    withField("field", text("^a*a*$", 65_536), "a"),
    `${FIELD}/pattern`,
  ),
  demo("pattern-cost", "side by side in a short text", withField("field", text("^a*a*$"), "a")),
  ...["^[a-z0-9-]{1,63}$", "^(?:[a-z]{1,8}\\.){0,8}[a-z]{1,8}$", "^[a-z]{1,63}!?=[^ ]{1,256}$"].map(
    (source) =>
      demo(
        "pattern-cost",
        `not ${source}`,
        withField("field", text(source), source.includes("=") ? "a=a" : "a"),
      ),
  ),
  {
    rule: "pattern-cost",
    name: "of the keys of a map",
    files: {
      [DEMO]: withField(
        "field",
        {
          type: "object",
          propertyNames: { maxLength: 8, pattern: "^(a+)+$" },
          additionalProperties: { type: "boolean" },
          maxProperties: 1,
        },
        { a: true },
      ),
    },
    at: [`${DEMO}#${FIELD}/propertyNames/pattern`],
  },
  demo(
    "positive-name",
    "a negation",
    withField("not_ready", { type: "boolean" }, true),
    "/properties/not_ready",
  ),
  demo(
    "positive-name",
    "a word that begins like one",
    withField("notable", { type: "boolean" }, true),
  ),
  demo("positive-name", "what is no boolean", withField("no_reply", words("a"), "a")),
  {
    rule: "repeated-enum",
    name: "in another order",
    files: {
      [DEMO]: withField("field", words("a", "b"), "a"),
      [REPLY]: { ...withField("field", words("b", "a"), "a"), title: "Reply" },
    },
    at: [`${REPLY}#${FIELD}/enum`],
  },
  {
    rule: "repeated-enum",
    name: "other words",
    files: {
      [DEMO]: withField("field", words("a", "b"), "a"),
      [REPLY]: { ...withField("field", words("a", "c"), "a"), title: "Reply" },
    },
    at: [],
  },
  {
    rule: "request-timeout",
    name: "too short",
    files: pair({ timeout_ms: 10 }),
    at: [`${DEMO}#/x-rnp/timeout_ms`],
  },
  {
    rule: "request-timeout",
    name: "too long",
    files: pair({ timeout_ms: 3_600_000 }),
    at: [`${DEMO}#/x-rnp/timeout_ms`],
  },
  { rule: "request-timeout", name: "as usual", files: pair({ timeout_ms: 5_000 }), at: [] },
  demo("required-order", "another", twoFields(["second", "first"]), "/required"),
  demo("required-order", "that of the fields", twoFields(["first", "second"])),
  {
    rule: "retry-reason",
    name: "none",
    files: error({ description: "It did not work." }),
    at: [`${ERROR}#/description`],
  },
  { rule: "retry-reason", name: "given", files: error({}), at: [] },
  demo("sentence", "no capital", good({ description: "tries things." }), "/description"),
  demo("sentence", "no full stop", good({ description: "Tries things" }), "/description"),
  demo("sentence", "a name in front", good({ description: "`name` is tried. (It is.)" })),
  demo(
    "unit-in-name",
    "none",
    withField("timeout", { type: "integer", minimum: 0, maximum: 9 }, 1),
    "/properties/timeout",
  ),
  demo(
    "unit-in-name",
    "given",
    withField("timeout_ms", { type: "integer", minimum: 0, maximum: 9 }, 1),
  ),
  demo("unit-in-name", "of what is no number", withField("speed", words("slow", "fast"), "slow")),
  { rule: "unused-type", name: "by nobody", files: typed(false), at: [`${TYPES}#/$defs/name`] },
  { rule: "unused-type", name: "by a message", files: typed(true), at: [] },
];

/** The last keys of a file, but the examples in front. */
function ending(): Schema {
  const { properties, examples, ...head } = good();
  return { ...head, examples, properties };
}

function twoFields(required: readonly string[]): Schema {
  const field = (about: string) => ({ type: "boolean", description: `Whether ${about} is.` });
  const { additionalProperties, examples, ...head } = good({
    properties: { first: field("one"), second: field("two") },
  });
  return { ...head, required, additionalProperties, examples: [{ first: true, second: true }] };
}
