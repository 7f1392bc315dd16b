import { expectation, type SchemaError } from "./expectation.js";
import { WireFault } from "./fault.js";
import { counted, describe, QUOTED_LENGTH_MAX, quote, shorten } from "./words.js";

/** The first rule that a value breaks, in words. Everything in it is short and safe to log. */
export interface Violation {
  /** JSON Pointer to the offending place; empty for the value as a whole. */
  readonly pointer: string;
  /** What had to be there, for example `at most 63 characters`. */
  readonly expected: string;
  /** What is there, for example `a string of 900 characters`. */
  readonly got: string;
}

/**
 * Keywords whose error is about a field of the object at `instancePath`, by the param that names
 * it.
 */
const FIELD_PARAMS: Readonly<Record<string, string>> = {
  required: "missingProperty",
  dependentRequired: "missingProperty",
  additionalProperties: "additionalProperty",
  unevaluatedProperties: "unevaluatedProperty",
  propertyNames: "propertyName",
};

/**
 * Longest pointer, in characters: depth is bounded, but 32 keys of a peer's choice are too many.
 */
const POINTER_LENGTH_MAX = 256;
/** Longest expectation: one that lists many allowed values has to end somewhere. */
const EXPECTED_LENGTH_MAX = 240;

/**
 * The first of ajv's `errors` as a violation. `data` is the value that was validated; it is read,
 * at the place of the error only, to say what was there.
 */
export function firstViolation(
  errors: readonly SchemaError[] | null | undefined,
  data: unknown,
): Violation {
  const error = errors?.[0];
  if (error === undefined) return { pointer: "", expected: "a valid value", got: got(false, data) };
  const key = offendingKey(error);
  const isKeyRule = error.propertyName !== undefined || error.keyword === "propertyNames";
  const parent = valueAt(data, error.instancePath);
  const value = key === undefined ? parent : ownValue(parent, key);
  const words = isKeyRule ? `a key of ${expectation(error)}` : expectation(error);
  return {
    pointer: pointerTo(error.instancePath, key),
    expected: shorten(words, EXPECTED_LENGTH_MAX),
    got: got(isKeyRule || QUOTABLE.has(error.keyword), isKeyRule ? key : value),
  };
}

/** What is there. Text that may be anything is told by its length: it could be somebody's secret, in a log. */
function got(isQuotable: boolean, value: unknown): string {
  if (isQuotable || typeof value !== "string") return describe(value);
  return `a string of ${counted(value.length, "character")}`;
}

/** Where a word of a list was expected, what came is a word as well, if of a later version. */
const QUOTABLE: ReadonlySet<string> = new Set(["enum", "const"]);

/** The fault for a violation in `subject`, which is usually a message type. */
export function violationFault(subject: string, violation: Violation): WireFault {
  const { pointer, expected, got } = violation;
  const where = pointer === "" ? subject : `${subject}: ${pointer}`;
  const message = `${where}: expected ${expected}, got ${got}`;
  return new WireFault("PROTOCOL_ERROR", message, { pointer, expected, got });
}

function offendingKey(error: SchemaError): string | undefined {
  if (error.propertyName !== undefined) return error.propertyName;
  const param = FIELD_PARAMS[error.keyword];
  const key = param === undefined ? undefined : error.params[param];
  return typeof key === "string" ? key : undefined;
}

function pointerTo(path: string, key: string | undefined): string {
  const segments = path.split("/").slice(1);
  if (key !== undefined) segments.push(key.replaceAll("~", "~0").replaceAll("/", "~1"));
  return shorten(
    segments.map((segment) => `/${shortSegment(segment)}`).join(""),
    POINTER_LENGTH_MAX,
  );
}

/** A key in a pointer: as it is where it is short and harmless, else cut and escaped. */
function shortSegment(segment: string): string {
  return quote(shorten(segment, QUOTED_LENGTH_MAX)).slice(1, -1);
}

/** Follows a JSON Pointer through own properties only; `undefined` where it leads nowhere. */
function valueAt(data: unknown, path: string): unknown {
  let value = data;
  for (const segment of path.split("/").slice(1)) {
    value = ownValue(value, segment.replaceAll("~1", "/").replaceAll("~0", "~"));
  }
  return value;
}

function ownValue(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
