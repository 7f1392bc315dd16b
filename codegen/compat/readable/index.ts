import type { Field } from "../../model.js";
import type { Place } from "../../schema.js";
import type { Mismatch, Walk } from "../mismatch.js";
import { type Comparison, target } from "./comparison.js";
import {
  compareArray,
  compareMap,
  compareObject,
  compareUnion,
  compareWithUnion,
} from "./nested.js";
import {
  compareBoolean,
  compareBytes,
  compareConst,
  compareEnum,
  compareNumber,
  compareString,
} from "./simple.js";

/** How all that a kind of field writes is compared with what a reader takes. */
const COMPARERS: { readonly [Kind in Field["kind"]]: (comparison: Comparison) => void } = {
  boolean: compareBoolean,
  integer: compareNumber,
  int64: compareNumber,
  number: compareNumber,
  string: compareString,
  bytes: compareBytes,
  enum: compareEnum,
  const: compareConst,
  union: compareUnion,
  array: compareArray,
  map: compareMap,
  object: compareObject,
  shared: () => {},
  payload: () => {},
};

/**
 * Reports everything that a strict writer of one field may send and a tolerant reader of another refuses.
 * Nothing reported: whatever is written can be read.
 */
export function compareFields(one: Field, other: Field, around: Place, walk: Walk): void {
  const [writer, reader] = [target(one), target(other)];
  if (walk.isKnown(writer, reader)) return;
  const place = walk.placeOf(writer, reader, around);
  const comparison: Comparison = {
    writer,
    reader,
    place,
    walk,
    refuse: (rule, what, at = place) => walk.report({ rule, what, writer, reader, place: at }),
    compare: (inner, outer) => compareFields(inner, outer, place, walk),
    isReadable: (inner, outer) => isReadable(inner, outer, place, walk),
  };
  const isOneOfSeveral = reader.kind === "union" && writer.kind !== "union";
  if (isOneOfSeveral) compareWithUnion(comparison);
  else COMPARERS[writer.kind](comparison);
}

function isReadable(writer: Field, reader: Field, place: Place, walk: Walk): boolean {
  const found: Mismatch[] = [];
  const report = (mismatch: Mismatch) => void found.push(mismatch);
  compareFields(writer, reader, place, { ...walk, report, isKnown: () => false });
  return found.length === 0;
}
