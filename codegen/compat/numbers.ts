import type { Int64Field, IntegerField, NumberField } from "../model.js";

export type NumericField = IntegerField | Int64Field | NumberField;

/** What numbers a field has. */
export interface Range {
  readonly least: number | bigint;
  readonly most: number | bigint;
  /** Whether the least, or the most, is itself outside. */
  readonly isLeastOut: boolean;
  readonly isMostOut: boolean;
  readonly step: number | undefined;
}

/** The range of a field of any numeric kind. */
export function rangeOf(field: NumericField): Range {
  if (field.kind === "number") return rangeOfNumber(field.bounds);
  const step = field.kind === "integer" ? field.multipleOf : undefined;
  const { minimum: least, maximum: most } = field;
  return { least, most, isLeastOut: false, isMostOut: false, step };
}

function rangeOfNumber(bounds: NumberField["bounds"]): Range {
  const at = (keyword: string, otherwise: number) => Number(bounds[keyword] ?? otherwise);
  const [low, lowOut] = [at("minimum", -Infinity), at("exclusiveMinimum", -Infinity)];
  const [high, highOut] = [at("maximum", Infinity), at("exclusiveMaximum", Infinity)];
  return {
    least: Math.max(low, lowOut),
    most: Math.min(high, highOut),
    isLeastOut: lowOut >= low && lowOut > -Infinity,
    isMostOut: highOut <= high && highOut < Infinity,
    step: bounds.multipleOf === undefined ? undefined : Number(bounds.multipleOf),
  };
}

/** Numbers of one field that another refuses, in words; `undefined` where there are none. */
export function numbersOutside(writer: NumericField, reader: NumericField): string | undefined {
  const [one, other] = [rangeOf(writer), rangeOf(reader)];
  if (
    one.least < other.least ||
    (one.least === other.least && other.isLeastOut && !one.isLeastOut)
  ) {
    return `numbers from ${one.least}`;
  }
  if (one.most > other.most || (one.most === other.most && other.isMostOut && !one.isMostOut)) {
    return `numbers up to ${one.most}`;
  }
  return undefined;
}

/** Whether all numbers of the writer are multiples of what the reader asks for. */
export function isStepped(writer: NumericField, reader: NumericField): boolean {
  const { step } = rangeOf(reader);
  const own = rangeOf(writer).step ?? (writer.kind === "number" ? undefined : 1);
  if (step === undefined || own === step) return true;
  return own !== undefined && Number.isInteger(own) && Number.isInteger(step) && own % step === 0;
}

/** Whether a reader of whole numbers has to expect fractions from the writer. */
export function hasFractions(writer: NumericField, reader: NumericField): boolean {
  if (writer.kind !== "number" || reader.kind === "number") return false;
  const { step } = rangeOf(writer);
  return step === undefined || !Number.isInteger(step);
}
