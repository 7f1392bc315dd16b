/** Lines that were taken out of a queue, as they are written. */
export interface LineBatch {
  readonly first: number;
  readonly last: number;
  readonly bytes: Buffer;
}

/**
 * Lines that wait for the disk, up to a size. Where more come the oldest go, never the newest: of a program
 * that fails, the last words matter most, and whoever reads them sees by their numbers what is missing.
 */
export class LineQueue {
  readonly #sizeMax: number;
  #lines: string[] = [];
  /** Index of the oldest line; those before it are gone. */
  #head = 0;
  #size = 0;
  /** The number of the oldest line. Lines are pushed one after another, so it tells all others. */
  #first = 1;

  /** `sizeMax` in characters. One line fits however long it is. */
  constructor(sizeMax: number) {
    this.#sizeMax = sizeMax;
  }

  get count(): number {
    return this.#lines.length - this.#head;
  }

  /** Adds a line, whose number is one more than that of the line before. Gives how many had to go for it. */
  push(sequence: number, line: string): number {
    if (this.count === 0) this.#first = sequence;
    this.#lines.push(line);
    this.#size += line.length;
    let dropped = 0;
    while (this.#size > this.#sizeMax && this.count > 1) {
      this.#shift();
      dropped++;
    }
    return dropped;
  }

  /** Takes out lines of at most `sizeMax` bytes together, but one at least; the queue is not empty. */
  take(sizeMax: number): LineBatch {
    const first = this.#first;
    const taken: string[] = [];
    let size = 0;
    while (this.count > 0) {
      size += Buffer.byteLength(this.#lines[this.#head]!);
      if (size > sizeMax && taken.length > 0) break;
      taken.push(this.#shift());
    }
    return { first, last: this.#first - 1, bytes: Buffer.from(taken.join("")) };
  }

  #shift(): string {
    const line = this.#lines[this.#head]!;
    this.#lines[this.#head] = "";
    this.#head++;
    this.#first++;
    this.#size -= line.length;
    // Now and then, so that a shift costs the same however long the queue is.
    if (this.#head * 2 > this.#lines.length) {
      this.#lines = this.#lines.slice(this.#head);
      this.#head = 0;
    }
    return line;
  }
}
