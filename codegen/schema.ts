/** A JSON object from the schema folder: a schema, or a part of one. */
export type Schema = Readonly<Record<string, unknown>>;

/** A schema and where it stands, so that whoever refuses it can say where. */
export interface Place {
  /** Path below the schema folder, with forward slashes. */
  readonly file: string;
  /** JSON Pointer in the file; empty for its root. */
  readonly pointer: string;
  readonly schema: Schema;
}

export function isSchema(value: unknown): value is Schema {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The schema at `keyword`, or an empty one. */
export function schemaAt(schema: Schema, keyword: string): Schema {
  const value = schema[keyword];
  return isSchema(value) ? value : {};
}

/** The text at `keyword`, or `undefined`. */
export function textAt(schema: Schema, keyword: string): string | undefined {
  const value = schema[keyword];
  return typeof value === "string" ? value : undefined;
}

/** The number at `keyword`, or `undefined`. */
export function numberAt(schema: Schema, keyword: string): number | undefined {
  const value = schema[keyword];
  return typeof value === "number" ? value : undefined;
}

/** The texts in the array at `keyword`; empty where there is none. */
export function textsAt(schema: Schema, keyword: string): readonly string[] {
  const value = schema[keyword];
  return Array.isArray(value) ? value.filter((item) => typeof item === "string") : [];
}

/** The part of `schema` that `keywords` name, in this order. */
export function pick(schema: Schema, keywords: readonly string[]): Schema {
  const present = keywords.filter((keyword) => schema[keyword] !== undefined);
  return Object.fromEntries(present.map((keyword) => [keyword, schema[keyword]]));
}

/** The place at `segments` below `place`, or `undefined` where there is no object. */
export function placeBelow(place: Place, ...segments: readonly string[]): Place | undefined {
  let value: unknown = place.schema;
  for (const segment of segments) {
    const isThere = typeof value === "object" && value !== null && Object.hasOwn(value, segment);
    value = isThere ? (value as Schema)[segment] : undefined;
  }
  if (!isSchema(value)) return undefined;
  return { file: place.file, pointer: place.pointer + pointerOf(segments), schema: value };
}

/** `["a", "b/c"]` as the JSON Pointer `/a/b~1c`. */
export function pointerOf(segments: readonly string[]): string {
  return segments
    .map((segment) => `/${segment.replaceAll("~", "~0").replaceAll("/", "~1")}`)
    .join("");
}
