import { convertInsideOf, convertOf, encodeOf } from "../kinds/index.js";
import type { Scope } from "../kinds/kind.js";
import { FILES } from "./files.js";
import type { Imports } from "./imports.js";

/** A scope that imports what the code needs into the file it is made for. */
export function scopeOf(imports: Imports): Scope {
  const scope: Scope = {
    wire: (name) => imports.wire(name),
    shared: (name) => imports.from(FILES.types, name),
    encode: (field, value) => encodeOf(field, value, scope),
    convert: (field, value) => convertOf(field, value, scope),
    convertInside: (field, value) => convertInsideOf(field, value, scope),
    isConvertedInside: (field) => convertInsideOf(field, "data", NOWHERE).length > 0,
  };
  return scope;
}

/** A scope that imports nothing, for questions. */
const NOWHERE: Scope = {
  wire: (name) => name,
  shared: (name) => name,
  encode: (field, value) => encodeOf(field, value, NOWHERE),
  convert: (field, value) => convertOf(field, value, NOWHERE),
  convertInside: (field, value) => convertInsideOf(field, value, NOWHERE),
  isConvertedInside: (field) => convertInsideOf(field, "data", NOWHERE).length > 0,
};
