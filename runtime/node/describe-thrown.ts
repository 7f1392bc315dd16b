import { inspect } from "node:util";

/**
 * What a handler threw, in words for the log. Anything can be thrown: a stack of megabytes, or an object
 * that throws again when it is looked at.
 */
export function describeThrown(thrown: unknown): string {
  try {
    return textOf(thrown, CAUSE_COUNT_MAX).slice(0, LENGTH_MAX);
  } catch {
    return "something that throws when it is looked at";
  }
}

function textOf(thrown: unknown, causeCount: number): string {
  if (!(thrown instanceof Error)) return inspect(thrown, BRIEFLY);
  const text = String(thrown.stack ?? thrown.message).slice(0, LENGTH_MAX);
  if (thrown.cause === undefined || causeCount === 0) return text;
  return `${text}\ncaused by ${textOf(thrown.cause, causeCount - 1)}`;
}

const BRIEFLY = { depth: 2, maxArrayLength: 10, maxStringLength: 500, breakLength: 120 };
const CAUSE_COUNT_MAX = 4;
/** A stack of about thirty lines. */
const LENGTH_MAX = 4000;
