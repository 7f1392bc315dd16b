import { convertInsideOf, convertOf, decodeOf, encodeOf } from "../kinds/index.js";
import type { Scope } from "../kinds/kind.js";
import { patternName } from "../names.js";
import { FILES } from "./files.js";
import type { Imports } from "./imports.js";
import { quote } from "./words.js";

/** A scope, and the patterns that the code made in it declares. */
export interface FileScope extends Scope {
  /** Declarations of the patterns, in the order of first use. */
  patternLines(): readonly string[];
}

/** A scope that imports what the code needs into the file it is made for. */
export function scopeOf(imports: Imports): FileScope {
  const patterns: string[] = [];
  const scope: FileScope = {
    wire: (name) => imports.wire(name),
    shared: (name) => imports.from(FILES.types, name),
    pattern(pattern) {
      if (!patterns.includes(pattern)) patterns.push(pattern);
      return patternName(patterns.indexOf(pattern));
    },
    patternLines: () => patterns.map((pattern, index) => patternLine(pattern, index, imports)),
    encode: (field, value) => encodeOf(field, value, scope),
    decode: (field, name, type) => decodeOf(field, name, type, scope),
    convert: (field, value) => convertOf(field, value, scope),
    convertInside: (field, value) => convertInsideOf(field, value, scope),
    isConvertedInside: (field) => convertInsideOf(field, "data", NOWHERE).length > 0,
  };
  return scope;
}

function patternLine(pattern: string, index: number, imports: Imports): string {
  return `const ${patternName(index)} = ${imports.wire("TextPattern")}.of(${quote(pattern)});`;
}

/** A scope that imports nothing, for questions. */
const NOWHERE: Scope = {
  wire: (name) => name,
  shared: (name) => name,
  pattern: () => patternName(0),
  encode: (field, value) => encodeOf(field, value, NOWHERE),
  decode: (field, name, type) => decodeOf(field, name, type, NOWHERE),
  convert: (field, value) => convertOf(field, value, NOWHERE),
  convertInside: (field, value) => convertInsideOf(field, value, NOWHERE),
  isConvertedInside: (field) => convertInsideOf(field, "data", NOWHERE).length > 0,
};
