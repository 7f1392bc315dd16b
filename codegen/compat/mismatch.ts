import type { Field } from "../model.js";
import type { Place } from "../schema.js";
import type { PatternJudge } from "./patterns.js";

/** Why a reader refuses something that a writer may send. */
export type MismatchRule =
  | "type"
  | "bound"
  | "pattern"
  | "step"
  | "word"
  | "value"
  | "unique"
  | "required"
  | "unknown-field";

/** Something that a writer may send and a reader refuses. */
export interface Mismatch {
  readonly rule: MismatchRule;
  readonly writer: Field;
  readonly reader: Field;
  /** Where it is in the schemas, on the side that `Walk.placeOf` prefers. */
  readonly place: Place;
  /** What may be sent, in words: `text of 64 characters`. */
  readonly what: string;
}

/** What goes along from field to field. */
export interface Walk {
  readonly report: (mismatch: Mismatch) => void;
  readonly isPatternWithin: PatternJudge;
  /** Where a pair of fields stands; what is not known by itself stands where the field around it does. */
  placeOf(writer: Field | undefined, reader: Field, around: Place): Place;
  /** Whether the pair was looked at before: shared types would be told of once for each use. */
  isKnown(writer: Field, reader: Field): boolean;
}
