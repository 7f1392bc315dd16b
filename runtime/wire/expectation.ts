import { counted } from "./words.js";

/** The part of an ajv error object that is used here. */
export interface SchemaError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: Readonly<Record<string, unknown>>;
  readonly message?: string | undefined;
  /** The key that was judged, where `propertyNames` applies a rule to keys. */
  readonly propertyName?: string | undefined;
}

const TYPE_WORDS: Readonly<Record<string, string>> = {
  string: "a string",
  integer: "an integer",
  number: "a number",
  boolean: "true or false",
  object: "an object",
  array: "an array",
  null: "null",
};

/** How many allowed values are listed before the rest is only counted. */
const LISTED_COUNT_MAX = 12;

type Wording = (params: Readonly<Record<string, unknown>>) => string;

const WORDINGS: Readonly<Record<string, Wording>> = {
  type: ({ type }) => typeWords(type),
  required: () => "a value",
  dependentRequired: ({ property }) => `a value, since ${property} is there`,
  additionalProperties: () => "no such field",
  unevaluatedProperties: () => "no such field",
  propertyNames: () => "an allowed form",
  enum: ({ allowedValues }) => `one of ${listed(allowedValues)}`,
  const: ({ allowedValue }) => JSON.stringify(allowedValue),
  minimum: ({ limit }) => `at least ${limit}`,
  maximum: ({ limit }) => `at most ${limit}`,
  exclusiveMinimum: ({ limit }) => `more than ${limit}`,
  exclusiveMaximum: ({ limit }) => `less than ${limit}`,
  multipleOf: ({ multipleOf }) => `a multiple of ${multipleOf}`,
  minLength: ({ limit }) => `at least ${counted(limit, "character")}`,
  maxLength: ({ limit }) => `at most ${counted(limit, "character")}`,
  minItems: ({ limit }) => `at least ${counted(limit, "item")}`,
  maxItems: ({ limit }) => `at most ${counted(limit, "item")}`,
  minProperties: ({ limit }) => `at least ${counted(limit, "field")}`,
  maxProperties: ({ limit }) => `at most ${counted(limit, "field")}`,
  uniqueItems: ({ i, j }) => `no item twice (${j} and ${i} are equal)`,
  "false schema": () => "no value",
  pattern: ({ pattern }) => `text that matches ${pattern}`,
  format: ({ format }) => (format === "int64" ? "a 64-bit integer" : `the format ${format}`),
};

/** What the rule that failed asks for, in words that follow "expected". */
export function expectation(error: SchemaError): string {
  const wording = Object.hasOwn(WORDINGS, error.keyword) ? WORDINGS[error.keyword] : undefined;
  if (wording !== undefined) return wording(error.params);
  return error.message?.replace(/^must /, "it to ") ?? `the rule ${error.keyword} to hold`;
}

function typeWords(type: unknown): string {
  const names = Array.isArray(type) ? type : String(type).split(",");
  return names.map((name) => TYPE_WORDS[String(name)] ?? String(name)).join(" or ");
}

function listed(values: unknown): string {
  const words = Array.isArray(values) ? values.map((value) => JSON.stringify(value)) : [];
  const more = words.length - LISTED_COUNT_MAX;
  return words.slice(0, LISTED_COUNT_MAX).join(", ") + (more > 0 ? ` or ${more} more` : "");
}
