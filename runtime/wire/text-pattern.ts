/** A power of two, so that a slot is a mask away. */
const SLOT_COUNT = 64;
/** Longer texts are seldom seen twice and not worth keeping. */
const KEPT_LENGTH_MAX = 128;

/**
 * A pattern of the schema. It remembers texts that matched it: names come again and again, and comparing
 * with the one before is several times as fast as the regular expression.
 */
export class TextPattern {
  readonly #pattern: RegExp;
  readonly #matched: string[];

  /** `source` is read as JSON Schema reads a pattern: with the flag u. */
  constructor(source: string) {
    this.#pattern = new RegExp(source, "u");
    // No text of a slot is accepted unseen: the empty one goes through the expression as any other.
    this.#matched = new Array(SLOT_COUNT).fill("");
  }

  test(text: string): boolean {
    const { length } = text;
    if (length === 0 || length > KEPT_LENGTH_MAX) return this.#pattern.test(text);
    const last = text.charCodeAt(length - 1) * 7 + text.charCodeAt(length >> 1);
    const slot = (last + length * 13) & (SLOT_COUNT - 1);
    if (this.#matched[slot] === text) return true;
    if (!this.#pattern.test(text)) return false;
    this.#matched[slot] = text;
    return true;
  }
}
