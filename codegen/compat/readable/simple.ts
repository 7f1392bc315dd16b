import type { BytesField, EnumField, Field, StringField } from "../../model.js";
import { accepts } from "../accepts.js";
import { hasFractions, isStepped, type NumericField, numbersOutside } from "../numbers.js";
import { type Comparison, kindWords } from "./comparison.js";

/** The longest word that an open enumeration keeps without knowing it. */
const UNKNOWN_WORD_MAX = 64;

/** Both values travel, so a reader takes both. */
export function compareBoolean({ reader, refuse, writer }: Comparison): void {
  const refused = [true, false].filter((value) => !accepts(reader, value));
  if (refused.length === 2) refuse("type", kindWords(writer));
  else if (refused.length === 1) refuse("value", String(refused[0]));
}

/** One value only, so the reader is asked for that one. */
export function compareConst({ writer, reader, refuse }: Comparison): void {
  if (writer.kind !== "const" || accepts(reader, writer.value)) return;
  refuse("value", JSON.stringify(writer.value));
}

/** Integers, 64-bit integers and numbers read each other, as far as their ranges allow. */
export function compareNumber(comparison: Comparison): void {
  const { writer, reader, refuse } = comparison;
  if (!isNumeric(writer)) return;
  if (!isNumeric(reader)) return refuse("type", kindWords(writer));
  if (hasFractions(writer, reader)) return refuse("type", "numbers with a fraction");
  const outside = numbersOutside(writer, reader);
  if (outside !== undefined) refuse("bound", outside);
  if (!isStepped(writer, reader)) refuse("step", "numbers that are no such multiple");
}

function isNumeric(field: Field): field is NumericField {
  return field.kind === "integer" || field.kind === "int64" || field.kind === "number";
}

/** A writer sends the words that it knows and no others. */
export function compareEnum({ writer, reader, refuse }: Comparison): void {
  const { values } = writer as EnumField;
  if (!["enum", "string", "const"].includes(reader.kind)) return refuse("type", "words");
  const refused = values.filter((word) => !accepts(reader, word));
  if (refused.length > 0) refuse("word", refused.map((word) => JSON.stringify(word)).join(", "));
}

/** Text is read as text, and as words by a reader that keeps words it does not know. */
export function compareString(comparison: Comparison): void {
  const { reader, refuse } = comparison;
  const writer = comparison.writer as StringField;
  if (reader.kind === "string") return compareTexts(writer, reader, comparison);
  if (reader.kind !== "enum") return refuse("type", "text");
  if (reader.isClosed) refuse("word", "any text");
  else if (writer.lengthMax > UNKNOWN_WORD_MAX) {
    refuse("bound", `text of over ${UNKNOWN_WORD_MAX} characters`);
  }
}

function compareTexts(
  writer: StringField,
  reader: StringField,
  { refuse, walk }: Comparison,
): void {
  const isLonger = writer.lengthMax > reader.lengthMax;
  const isShorter = writer.lengthMin < reader.lengthMin;
  if (isLonger) refuse("bound", `text of ${writer.lengthMax} characters`);
  else if (isShorter) refuse("bound", `text of ${writer.lengthMin} characters`);
  if (reader.pattern === undefined) return;
  if (writer.pattern === undefined) refuse("pattern", "text of any form");
  else if (!walk.isPatternWithin(writer.pattern, reader.pattern)) {
    refuse("pattern", `text that matches ${writer.pattern}`);
  }
}

/** Bytes may travel as bin, which is no text. */
export function compareBytes({ writer, reader, refuse }: Comparison): void {
  const { sizeMax } = writer as BytesField;
  if (reader.kind !== "bytes") refuse("type", "bytes");
  else if (sizeMax > reader.sizeMax) refuse("bound", `${sizeMax} bytes`);
}
