import type { Field } from "../model.js";
import { rangeOf } from "./numbers.js";

/** The longest word that a reader keeps without knowing it. */
const UNKNOWN_WORD_MAX = 64;

/** Whether a reader takes one certain value. */
export function accepts(reader: Field, value: string | number | boolean): boolean {
  switch (reader.kind) {
    case "shared":
      return accepts(reader.type.field, value);
    case "union":
      return reader.alternatives.some((alternative) => accepts(alternative, value));
    case "const":
      return reader.value === value;
    case "boolean":
      return typeof value === "boolean";
    case "enum":
      return typeof value === "string" && acceptsWord(reader, value);
    case "string":
      return typeof value === "string" && acceptsText(reader, value);
    case "integer":
    case "int64":
    case "number":
      return typeof value === "number" && acceptsNumber(reader, value);
    default:
      return false;
  }
}

function acceptsWord(
  { values, isClosed }: Extract<Field, { kind: "enum" }>,
  word: string,
): boolean {
  return isClosed ? values.includes(word) : [...word].length <= UNKNOWN_WORD_MAX;
}

function acceptsText(reader: Extract<Field, { kind: "string" }>, text: string): boolean {
  const { length } = [...text];
  const { lengthMin, lengthMax, pattern } = reader;
  if (length < lengthMin || length > lengthMax) return false;
  return pattern === undefined || new RegExp(pattern, "u").test(text);
}

function acceptsNumber(
  reader: Extract<Field, { kind: "integer" | "int64" | "number" }>,
  value: number,
): boolean {
  const { least, most, isLeastOut, isMostOut, step } = rangeOf(reader);
  if (reader.kind !== "number" && !Number.isInteger(value)) return false;
  if (value < least || (isLeastOut && value === least)) return false;
  if (value > most || (isMostOut && value === most)) return false;
  return step === undefined || Number.isInteger(value / step);
}
