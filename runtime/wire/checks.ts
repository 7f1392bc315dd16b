/*
 * What generated encoders and decoders ask about values. A wrong answer may only ever be "no": then the
 * reference path decides.
 */

/**
 * Whether `value` is a plain object, whatever its fields: then its fields are its own, and `for…in` sees what
 * `Object.entries` does. Instances of classes are left to the reference path.
 */
export function isMap(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Whether a text has at least `count` characters; a surrogate pair is one. */
export function hasCharacters(text: string, count: number): boolean {
  let left = count;
  for (let index = 0; index < text.length && left > 0; index++) {
    const code = text.codePointAt(index)!;
    if (code > 0xffff) index += 1;
    left -= 1;
  }
  return left <= 0;
}

/** Whether `value` is `divisor` times an integer. Quotients that floats cannot tell apart are "no". */
export function isMultiple(value: number, divisor: number): boolean {
  const quotient = value / divisor;
  return Number.isSafeInteger(quotient);
}

/** Whether no two of some scalars are equal. */
export function isUnique(items: readonly unknown[]): boolean {
  if (items.length > FEW) return new Set(items).size === items.length;
  for (let index = 1; index < items.length; index++) {
    for (let before = 0; before < index; before++) if (items[before] === items[index]) return false;
  }
  return true;
}

/** Up to so many items comparing each with each is faster than making a set. */
const FEW = 8;
