import type { Field } from "../model.js";

/** One kind of value in a few words for people, with its bounds. */
export function fieldWords(field: Field): string {
  switch (field.kind) {
    case "boolean":
      return "boolean";
    case "integer":
    case "int64":
      return integerWords(field);
    case "number":
      return numberWords(field.bounds);
    case "string":
      return textWords(field);
    case "bytes":
      return `bytes, at most ${grouped(field.sizeMax)}`;
    case "enum":
      return `${field.values.map(quoted).join(" | ")}${field.isClosed ? "" : " | …"}`;
    case "const":
      return `always ${JSON.stringify(field.value)}`;
    case "union":
      return field.alternatives.map(fieldWords).join(", or ");
    case "array":
      return listWords(field);
    case "map":
      return mapWords(field);
    case "object":
      return `object${field.isClosed ? ", closed" : ""}`;
    case "shared":
      return sharedWords(field.type.name, field.type.field);
    case "payload":
      return "map";
  }
}

/** 16384 as `16,384`. */
export function grouped(value: number | bigint): string {
  return value.toLocaleString("en-US");
}

function integerWords({
  kind,
  minimum,
  maximum,
  ...rest
}: Extract<Field, { kind: "integer" | "int64" }>): string {
  const step =
    "multipleOf" in rest && rest.multipleOf !== undefined ? `, multiple of ${rest.multipleOf}` : "";
  return `${kind === "int64" ? "64-bit integer" : "integer"} ${grouped(minimum)} to ${grouped(maximum)}${step}`;
}

function numberWords(bounds: Readonly<Record<string, unknown>>): string {
  const words = {
    minimum: "from",
    exclusiveMinimum: "above",
    maximum: "to",
    exclusiveMaximum: "below",
    multipleOf: "multiple of",
  };
  const parts = Object.entries(words).filter(([keyword]) => bounds[keyword] !== undefined);
  return ["number", ...parts.map(([keyword, word]) => `${word} ${String(bounds[keyword])}`)].join(
    " ",
  );
}

function textWords({ lengthMin, lengthMax, pattern }: Extract<Field, { kind: "string" }>): string {
  const length = `text, ${between(lengthMin, lengthMax, "characters")}`;
  return pattern === undefined ? length : `${length}, ${pattern}`;
}

function listWords({
  item,
  countMin,
  countMax,
  isUnique,
}: Extract<Field, { kind: "array" }>): string {
  const unique = isUnique ? ", no two alike" : "";
  return `list of ${between(countMin, countMax, "items")}${unique}: ${fieldWords(item)}`;
}

function mapWords({ key, value, countMin, countMax }: Extract<Field, { kind: "map" }>): string {
  return `map of ${between(countMin, countMax, "entries")}: ${fieldWords(key)} to ${fieldWords(value)}`;
}

/** Objects have rows of their own, so that here the name is enough. */
function sharedWords(name: string, field: Field): string {
  return field.kind === "object" ? name : `${name}: ${fieldWords(field)}`;
}

function between(least: number, most: number, noun: string): string {
  if (least === most) return `${grouped(most)} ${noun}`;
  return least === 0
    ? `at most ${grouped(most)} ${noun}`
    : `${grouped(least)} to ${grouped(most)} ${noun}`;
}

function quoted(word: string): string {
  return JSON.stringify(word);
}
