/**
 * Whose turn it is to be asked for a sign of life: a shuffled round robin. Each member is asked once a round,
 * so that no death waits longer than two rounds, and in an order of its own for each asker, so that the asks
 * for one member spread over time (SWIM, Das et al. 2002, section 4.3).
 */
export class ProbeTurns {
  readonly #random: () => number;
  readonly #order: string[] = [];
  readonly #places = new Map<string, number>();
  /** Those before it had their turn in this round. */
  #next = 0;

  /** @param random in [0, 1) */
  constructor(random: () => number) {
    this.#random = random;
  }

  get size(): number {
    return this.#order.length;
  }

  /** A newcomer gets a random place in what is left of this round or in the next one. */
  add(node: string): void {
    if (this.#places.has(node)) return;
    this.#put(this.#order.length, node);
    const place = this.#randomPlace(0);
    if (place >= this.#next) this.#swap(place, this.#order.length - 1);
    else this.#markAsAsked(this.#order.length - 1);
  }

  remove(node: string): void {
    const place = this.#places.get(node);
    if (place === undefined) return;
    let hole = place;
    if (hole < this.#next) {
      this.#next -= 1;
      this.#swap(hole, this.#next);
      hole = this.#next;
    }
    this.#swap(hole, this.#order.length - 1);
    this.#order.pop();
    this.#places.delete(node);
  }

  /** Takes the next turn. `undefined` only if there is nobody. */
  take(): string | undefined {
    if (this.#next >= this.#order.length) this.#shuffle();
    const node = this.#order[this.#next];
    if (node !== undefined) this.#next += 1;
    return node;
  }

  #shuffle(): void {
    this.#next = 0;
    for (let place = 0; place < this.#order.length; place += 1) {
      this.#swap(place, this.#randomPlace(place));
    }
  }

  #markAsAsked(place: number): void {
    this.#swap(place, this.#next);
    this.#next += 1;
  }

  #randomPlace(from: number): number {
    return from + Math.floor(this.#random() * (this.#order.length - from));
  }

  #swap(left: number, right: number): void {
    const [a, b] = [this.#order[left]!, this.#order[right]!];
    this.#put(left, b);
    this.#put(right, a);
  }

  #put(place: number, node: string): void {
    this.#order[place] = node;
    this.#places.set(node, place);
  }
}
