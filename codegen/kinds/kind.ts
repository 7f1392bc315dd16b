import type { Field, ObjectField } from "../model.js";
import type { Schema } from "../schema.js";
import type { Step } from "./steps.js";

/**
 * Who validates. The writer keeps to the schema; the reader drops fields that it does not know, keeps
 * words that it does not know, and takes binary and 64-bit values in the forms that the wire has.
 */
export type Side = "write" | "read";

/**
 * What the generator knows about one kind of value: how it is recognised as right, what it is in
 * TypeScript, and how it travels. Methods are pure; a kind that holds others reaches them through what
 * it is given, never by importing them.
 */
export interface Kind<F extends Field = Field> {
  /** The keywords that it honours, besides the annotations. All others are refused. */
  readonly keywords: readonly string[];
  /** Keywords without which a value has no bounds, each with why or what to write. */
  readonly required: Readonly<Record<string, string>>;
  /** Refuses what the lists above cannot, and goes on with the schemas inside. */
  check?(schema: Schema, inspection: Inspection): void;
  /** The model of a schema that was found good. */
  build(schema: Schema, builder: Builder): F;
  /** What json-schema-to-typescript is told. */
  typeSchema(field: F, of: (field: Field) => Schema): Schema;
  /** What ajv is told. */
  rules(field: F, side: Side, of: (field: Field) => Schema): Schema;
  /** The most bytes that an encoded value takes, base64 and unknown words included. */
  sizeMax(field: F, of: (field: Field) => number): number;
  /**
   * What checks `value`, an expression without side effects, and writes it. Where it is not as the schema
   * says, the encoder returns `false`; what it wrote until then does not count.
   */
  encode(field: F, value: string, scope: Scope): readonly Step[];
  /**
   * Statements that read and check one value and leave it in the constant `name`, of the type `type`.
   * Where it is not in the form that encoders write, the decoder returns `undefined`.
   */
  decode(field: F, name: string, type: string, scope: Scope): readonly string[];
  /** An expression for what TypeScript says `value` is; without this method the wire has it so. */
  convert?(field: F, value: string, scope: Scope): string;
  /** Statements that convert, in place, what is inside `value`. */
  convertInside?(field: F, value: string, scope: Scope): readonly string[];
}

/** The check phase, as a kind sees it. Segments lead from the schema in hand. */
export interface Inspection {
  readonly isEnvelope: boolean;
  refuse(segments: readonly string[], text: string): void;
  inspect(...segments: readonly string[]): void;
  /** The kind of the schema at `segments`, references followed; `undefined` where it has none. */
  kindAt(...segments: readonly string[]): Field["kind"] | undefined;
}

/** The model phase, as a kind sees it. */
export interface Builder {
  /** The model of the schema at `segments`. `step` names the interface of an object without a title. */
  field(step: string, ...segments: readonly string[]): Field;
  /** The description of the schema at `segments`, or of what it refers to. */
  docAt(...segments: readonly string[]): string;
  /** The name and description of the object in hand. */
  readonly self: Pick<ObjectField, "name" | "doc">;
}

/** The function that is being generated, as a kind sees it. */
export interface Scope {
  /** Imports a function of `runtime/wire` and gives back its name. */
  wire(name: string): string;
  /** Imports something of `types.ts` and gives back its name. */
  shared(name: string): string;
  /** Declares a pattern in the file and gives back its name. */
  pattern(pattern: string): string;
  encode(field: Field, value: string): readonly Step[];
  decode(field: Field, name: string, type: string): readonly string[];
  convert(field: Field, value: string): string | undefined;
  convertInside(field: Field, value: string): readonly string[];
  /** Whether anything inside a value of this field is converted. */
  isConvertedInside(field: Field): boolean;
}

/** A name for what is inside `value`: `item`, or `item2` where `value` is part of an `item` itself. */
export function innerName(name: string, value: string): string {
  const [isInner, depth] = new RegExp(`^${name}(\\d*)\\b`).exec(value) ?? [];
  if (isInner === undefined) return name;
  return `${name}${Number(depth || 1) + 1}`;
}

/** What a decoder does with what it does not expect. */
export function declineIf(condition: string): string {
  return `if (${condition}) return undefined;`;
}

/** `value.name`, or `value["na-me"]` where the name is no identifier. */
export function access(value: string, name: string): string {
  const isPlain = /^[A-Za-z_$][\w$]*$/.test(name);
  return isPlain ? `${value}.${name}` : `${value}[${JSON.stringify(name)}]`;
}
