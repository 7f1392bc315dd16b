import { StringDecoder } from "node:string_decoder";

/** What a splitter finds: a line, or the first part of one that is too long (`isContinued`). */
export type OnLine = (text: string, isContinued: boolean) => void;

/**
 * Cuts the bytes of one output into lines, without their ends (LF or CRLF). A line that is longer than
 * `LINE_LENGTH_MAX` comes in parts, so that a program that prints no line ends costs no more memory than
 * any other. What is not UTF-8 becomes U+FFFD.
 */
export class LineSplitter {
  readonly #onLine: OnLine;
  readonly #decoder = new StringDecoder("utf8");
  #rest = "";

  constructor(onLine: OnLine) {
    this.#onLine = onLine;
  }

  write(chunk: Buffer): void {
    const text = this.#rest + this.#decoder.write(chunk);
    let start = 0;
    for (let end = text.indexOf("\n"); end !== -1; end = text.indexOf("\n", start)) {
      const isCrLf = end > start && text.charCodeAt(end - 1) === CARRIAGE_RETURN;
      this.#onLine(this.#cut(text.slice(start, isCrLf ? end - 1 : end), LINE_LENGTH_MAX), false);
      start = end + 1;
    }
    // One more than a line may have: it may be the CR of a CRLF.
    this.#rest = this.#cut(text.slice(start), LINE_LENGTH_MAX + 1);
  }

  /** The output has ended; a last line without an end is one all the same. */
  end(): void {
    const rest = this.#cut(this.#rest + this.#decoder.end(), LINE_LENGTH_MAX);
    this.#rest = "";
    if (rest !== "") this.#onLine(rest, false);
  }

  /** Gives away parts until no more than `lengthMax` is left. */
  #cut(text: string, lengthMax: number): string {
    let start = 0;
    while (text.length - start > lengthMax) {
      const end = start + LINE_LENGTH_MAX;
      // Both halves of a surrogate pair stay together: alone, neither is a character.
      const part = text.slice(start, isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end);
      this.#onLine(part, true);
      start += part.length;
    }
    return start === 0 ? text : text.slice(start);
  }
}

function isHighSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdbff;
}

/** What the `text` of a `log.entry` holds, in characters. */
export const LINE_LENGTH_MAX = 8192;
const CARRIAGE_RETURN = 13;
