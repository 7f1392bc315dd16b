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

  dropBelow(floor: number): void {
    while (this.first < floor) this.#head += 1;
    if (this.#head === this.#numbers.length) this.clear();
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
}
