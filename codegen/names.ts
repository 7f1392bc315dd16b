import type { MessageNames } from "./model.js";

/**
 * Every identifier of the generated code is decided here, so that one look says what a schema file is
 * called in TypeScript and whether two of them would get the same name.
 */

/** `mesh.query` and `mesh_query` as `MeshQuery`. A letter after a digit is a capital: `http2server` as `Http2Server`. */
export function pascalCase(text: string): string {
  const words = text.split(/[^A-Za-z0-9]+/).filter((word) => word !== "");
  const name = words.map((word) => word[0]?.toUpperCase() + word.slice(1)).join("");
  const capitals = name.replace(/[0-9][a-z]/g, (pair) => pair.toUpperCase());
  return /^[0-9]/.test(capitals) ? `_${capitals}` : capitals;
}

/** `mesh.query` as `MESH_QUERY`. */
export function constantCase(text: string): string {
  const name = text.replace(/[^A-Za-z0-9]+/g, "_").toUpperCase();
  return /^[0-9]/.test(name) ? `_${name}` : name;
}

/** Whether a title may name a TypeScript type as it stands. */
export function isTypeName(title: string): boolean {
  return /^[A-Z][A-Za-z0-9]*$/.test(title) && pascalCase(title) === title;
}

/** The identifiers of a message type. The title of its schema, where there is one, names the interface. */
export function messageNames(type: string, title: string | undefined): MessageNames {
  const name = title ?? pascalCase(type);
  const constant = constantCase(type);
  return {
    type: name,
    constant,
    sizeMax: `${constant}_SIZE_MAX`,
    putHead: `put${name}Head`,
    encode: `encode${name}`,
    decode: `decode${name}`,
    accept: `accept${name}`,
    invalid: `invalid${name}`,
    write: `write${name}`,
    read: `read${name}`,
  };
}

/** The identifiers of a type from `$defs`. */
export function sharedNames(key: string, title: string | undefined) {
  const name = title ?? pascalCase(key);
  return { name, encode: `encode${name}`, decode: `decode${name}`, convert: `convert${name}` };
}

/** The identifiers of an error code. */
export function errorNames(code: string) {
  const details = `${pascalCase(code.toLowerCase())}Details`;
  return { details, write: `write${details}` };
}

/** The validator of the envelope; its other identifiers are written out in its template. */
export const ENVELOPE_READ = "readEnvelope";

/** The interface of an object inside another: its title, else the path that leads to it. */
export function nestedName(parent: string, step: string, title: string | undefined): string {
  return title ?? parent + pascalCase(step);
}

/** The interface of a part of the client; the empty prefix is the client itself. */
export function namespaceName(prefix: string): string {
  return `${pascalCase(prefix)}Client`;
}

/**
 * Names that belong to nobody's schema: what generated files export besides, what they import, and the
 * globals that they or their readers rely on.
 */
const RESERVED: ReadonlySet<string> = new Set(
  [
    `Envelope acceptEnvelope ${ENVELOPE_READ} PROTOCOL ERRORS ErrorCode ErrorDetails invalidErrorDetails`,
    "MESSAGES MessageMap AnswerMap StreamMap OneWayType Handlers Awaitable Client createClient Validator",
    "MessageType StreamType Caller PackReader PackWriter TextPattern Violation SchemaError bytesFromWire firstViolation violationFault",
    "Array AsyncIterable AsyncIterableIterator BigInt Boolean Buffer DataView Date Error Function Map Number Object Omit Partial Pick",
    "Promise Readonly ReadonlyMap Record RegExp Required Set String Symbol Uint8Array",
  ].flatMap((names) => names.split(" ")),
);

/** Whether generated code or JavaScript has taken `name`, so that no schema can. */
export function isReservedName(name: string): boolean {
  return RESERVED.has(name);
}

/** Words that a constant inside a function cannot be called, or that mean something else there. */
const LOCAL_RESERVED: ReadonlySet<string> = new Set(
  [
    "arguments await break case catch class const continue debugger default delete do else enum eval",
    "export extends false finally for function if implements import in instanceof interface let new",
    "null package private protected public return static super switch this throw true try typeof",
    "undefined var void while with yield",
    "reader writer view offset extra value data hasCharacters isMap isMultiple isUnique",
    "at buffer putBoolean putInteger putNumber putText",
    "Array BigInt NaN Number Object Set Uint8Array",
  ].flatMap((names) => names.split(" ")),
);

/**
 * What a field is called inside a function: as on the wire, where that is possible. No two fields of an
 * object share a name, nor does one share it with a helper, which has a capital (`tagsCount`).
 */
export function localName(field: string): string {
  const isPlain = /^[a-z][a-z0-9_]*$/.test(field);
  if (isPlain) return LOCAL_RESERVED.has(field) ? `${field}$` : field;
  return `$${field.replace(/[^a-z0-9_]/g, (character) => `$${character.codePointAt(0)?.toString(16)}`)}`;
}

/** What is counted of the value at `place`: `dataFiltersCount` for `data.filters`. */
export function countName(place: string): string {
  const words = place.split(".").map((part) => (/^\w+$/.test(part) ? part : localName(part)));
  return `${words.map((word, index) => (index === 0 ? word : capital(word))).join("")}Count`;
}

/** What counts down the fields of the value at `place`: `dataFiltersFields`. */
export function fieldsName(place: string): string {
  return countName(place).replace(/Count$/, "Fields");
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1);
}

/** A pattern of the file, numbered in the order of use. */
export function patternName(index: number): string {
  return `PATTERN_${index + 1}`;
}

/** Words that objects have by nature: a field or namespace of this name would be mistaken for that. */
const INHERITED: ReadonlySet<string> = new Set([
  ...Object.getOwnPropertyNames(Object.prototype),
  "prototype",
]);

/** Whether `name` is something that every object has already. */
export function isInherited(name: string): boolean {
  return INHERITED.has(name);
}

/** Who has taken which identifier. All are exported from `index.ts`, so all share one space. */
export class NameRegistry {
  readonly #owners = new Map<string, string>();

  /** Takes `name` for `owner`. Gives back why that cannot be, or `undefined`. */
  claim(name: string, owner: string): string | undefined {
    if (RESERVED.has(name)) return `the name ${name} is taken by generated code or by JavaScript`;
    const other = this.#owners.get(name);
    if (other !== undefined && other !== owner) return `the name ${name} is that of ${other} too`;
    this.#owners.set(name, owner);
    return undefined;
  }
}
