/** One step of a pattern: an escape, the beginning of a class or of a group, or a character. */
const STEP = /\\(?:x[0-9A-Fa-f]{2}|u[0-9A-Fa-f]{4}|u\{[0-9A-Fa-f]+\}|.)|\[\^?|\(\?[a-z-]|./gsu;

/** What may let other characters in: a negated class, flags of a group, some escapes, and such a character. */
const WIDE_STEP = /^(?:\[\^|\(\?[a-z-]|\\[DWSspPkcux].*|\P{ASCII})$/su;
/** An escape by number, of a character that is ASCII. */
const NARROW_ESCAPE = /^\\(?:x[0-7].|u00[0-7].|u\{0*[0-7]?[0-9A-Fa-f]\})$/u;

/**
 * Whether every text that matches `pattern` is ASCII, so that its characters take one byte each. It says
 * so only of patterns that hold the whole text between `^` and `$` and show it plainly; to say "no" is never wrong.
 */
export function isAsciiOnly(pattern: string): boolean {
  if (!/^\^.*[^\\]\$$/su.test(pattern)) return false;
  let depth = 0;
  let isInClass = false;
  for (const [step] of pattern.slice(1, -1).matchAll(STEP)) {
    if (WIDE_STEP.test(step) && !NARROW_ESCAPE.test(step)) return false;
    if (isInClass) {
      isInClass = step !== "]";
      continue;
    }
    if (step === "." || (step === "|" && depth === 0)) return false;
    if (step === "[") isInClass = true;
    if (step === "(") depth += 1;
    if (step === ")") depth -= 1;
  }
  return true;
}
