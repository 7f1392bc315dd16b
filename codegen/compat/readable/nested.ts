import type { ArrayField, Field, MapField, ObjectField, UnionField } from "../../model.js";
import { type Comparison, kindWords, target } from "./comparison.js";

/** What may be one of several is readable where each of them is. */
export function compareUnion({ writer, reader, compare }: Comparison): void {
  for (const alternative of (writer as UnionField).alternatives) {
    // Of a reader's alternatives the one of the same kind is that whose bounds are worth a word.
    compare(alternative, reader.kind === "union" ? twinOf(alternative, reader) : reader);
  }
}

function twinOf(alternative: Field, union: UnionField): Field {
  const { kind } = target(alternative);
  return union.alternatives.find((other) => target(other).kind === kind) ?? union;
}

/** What is read by one of the alternatives. */
export function compareWithUnion({ writer, reader, refuse, isReadable }: Comparison): void {
  const { alternatives } = reader as UnionField;
  if (alternatives.some((alternative) => isReadable(writer, alternative))) return;
  refuse("type", kindWords(writer));
}

export function compareArray({ writer, reader, refuse, compare }: Comparison): void {
  const { item, isUnique, ...counts } = writer as ArrayField;
  if (reader.kind !== "array") return refuse("type", "a list");
  compareCounts(counts, reader, "items", refuse);
  if (reader.isUnique && !isUnique && counts.countMax > 1) refuse("unique", "the same item twice");
  if (counts.countMax > 0) compare(item, reader.item);
}

export function compareMap({ writer, reader, refuse, compare }: Comparison): void {
  const { key, value, ...counts } = writer as MapField;
  if (reader.kind !== "map") return refuse("type", "a map with keys of its own");
  compareCounts(counts, reader, "entries", refuse);
  if (counts.countMax === 0) return;
  compare(key, reader.key);
  compare(value, reader.value);
}

function compareCounts(
  writer: Pick<ArrayField, "countMin" | "countMax">,
  reader: Pick<ArrayField, "countMin" | "countMax">,
  noun: string,
  refuse: Comparison["refuse"],
): void {
  if (writer.countMax > reader.countMax) refuse("bound", `${writer.countMax} ${noun}`);
  else if (writer.countMin < reader.countMin) refuse("bound", `${writer.countMin} ${noun}`);
}

/** Fields that the reader does not know are dropped, unless the object is closed. */
export function compareObject(comparison: Comparison): void {
  const { reader, refuse, compare, walk, place } = comparison;
  const writer = comparison.writer as ObjectField;
  if (reader.kind !== "object") return refuse("type", "an object");
  const written = new Map(writer.properties.map((property) => [property.name, property]));
  for (const { name, field, isRequired } of reader.properties) {
    const property = written.get(name);
    const at = walk.placeOf(property?.field, field, place);
    if (isRequired && property?.isRequired !== true) refuse("required", `no ${name}`, at);
    if (property !== undefined) compare(property.field, field);
  }
  if (reader.isClosed) refuseUnknown(writer, reader, comparison);
}

function refuseUnknown(writer: ObjectField, reader: ObjectField, { refuse }: Comparison): void {
  const known = new Set(reader.properties.map(({ name }) => name));
  const unknown = writer.properties.filter(({ name }) => !known.has(name));
  for (const { name } of unknown) refuse("unknown-field", `the field ${name}`);
}
