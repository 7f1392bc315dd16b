/** Some numbers, ascending. They are few as a rule, and come in about that order. */
export class NumberList {
  #numbers: number[] = [];
  #head = 0;

  /** The lowest; infinite where there is none. */
  get first(): number {
    return this.#numbers[this.#head] ?? Number.POSITIVE_INFINITY;
  }

  add(number: number): void {
    let at = this.#numbers.length;
    while (at > this.#head && this.#numbers[at - 1]! > number) at -= 1;
    if (at === this.#head || this.#numbers[at - 1] !== number) this.#numbers.splice(at, 0, number);
  }

  has(number: number): boolean {
    return this.#numbers.indexOf(number, this.#head) !== -1;
  }

  delete(number: number): void {
    if (number === this.first) this.#head += 1;
    else {
      const at = this.#numbers.indexOf(number, this.#head);
      if (at !== -1) this.#numbers.splice(at, 1);
    }
    if (this.#head === this.#numbers.length) this.clear();
    else if (this.#head === COMPACT_COUNT) this.#compact();
  }

  dropBelow(floor: number): void {
    while (this.first < floor) this.delete(this.first);
  }

  get isEmpty(): boolean {
    return this.#head === this.#numbers.length;
  }

  clear(): void {
    this.#numbers = [];
    this.#head = 0;
  }

  copy(): NumberList {
    const copy = new NumberList();
    copy.#numbers = this.#numbers.slice(this.#head);
    return copy;
  }

  #compact(): void {
    this.#numbers.splice(0, this.#head);
    this.#head = 0;
  }
}

/** So many places are given back at once. */
const COMPACT_COUNT = 1024;
