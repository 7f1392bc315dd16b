/** Texts that are remembered; then it starts over, so that a stream of new ones costs no memory. */
const REMEMBERED_COUNT_MAX = 512;
/** Longer texts are seldom seen twice and not worth keeping. */
const REMEMBERED_LENGTH_MAX = 128;

/**
 * A pattern of the schema. It remembers texts that matched it: names come again and again, and looking one
 * up is several times as fast as the regular expression.
 */
export class TextPattern {
  static readonly #bySource = new Map<string, TextPattern>();
  readonly #pattern: RegExp;
  readonly #matched = new Set<string>();

  private constructor(source: string) {
    this.#pattern = new RegExp(source, "u");
  }

  /** The pattern that JSON Schema writes as `source`; the same one whichever message asks for it. */
  static of(source: string): TextPattern {
    const known = TextPattern.#bySource.get(source);
    if (known !== undefined) return known;
    const pattern = new TextPattern(source);
    TextPattern.#bySource.set(source, pattern);
    return pattern;
  }

  test(text: string): boolean {
    return this.#matched.has(text) || this.#testNew(text);
  }

  #testNew(text: string): boolean {
    if (!this.#pattern.test(text)) return false;
    if (text.length <= REMEMBERED_LENGTH_MAX) this.#remember(text);
    return true;
  }

  #remember(text: string): void {
    if (this.#matched.size >= REMEMBERED_COUNT_MAX) this.#matched.clear();
    this.#matched.add(text);
  }
}
