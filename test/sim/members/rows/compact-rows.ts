import type { Row, RowFields, Rows } from "../../../../runtime/core/membership/rows.js";
import type { RowStore } from "./row-store.js";

/** One more than that is kept as a place has to fit into 16 bits. */
const SMALL_COUNT_MAX = 65_534;

type Places = Uint16Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/**
 * The rows of one table as six bytes each, so that ten thousand tables of ten thousand rows fit into memory: at each
 * place the number that the store of the world gives a row, and for each name its place. All of a table is there, and
 * nothing of it is worked out from other tables; only equal rows are the same object.
 */
export class CompactRows implements Rows {
  readonly #store: RowStore;
  /** By place. */
  #numbers: Uint32Array<ArrayBuffer>;
  /** By name: its place plus 1, or 0. */
  #places: Places;
  #size = 0;

  /** `capacity`: how many names there will be, if that is known. */
  constructor(store: RowStore, capacity = 16) {
    this.#store = store;
    this.#numbers = new Uint32Array(capacity);
    this.#places = placesFor(capacity);
  }

  get size(): number {
    return this.#size;
  }

  get(node: string): Row | undefined {
    const place = this.#place(this.#store.findName(node));
    return place < 0 ? undefined : this.#store.row(this.#numbers[place]!);
  }

  set(fields: RowFields): Row {
    const number = this.#store.hold(fields);
    const name = this.#store.nameOf(number);
    const place = this.#place(name);
    if (place < 0) this.#append(name, number);
    else {
      this.#store.release(this.#numbers[place]!);
      this.#numbers[place] = number;
    }
    return this.#store.row(number);
  }

  delete(node: string): void {
    const name = this.#store.findName(node);
    const place = this.#place(name);
    if (name === undefined || place < 0) return;
    this.#store.release(this.#numbers[place]!);
    this.#size -= 1;
    const last = this.#numbers[this.#size]!;
    this.#numbers[place] = last;
    if (place < this.#size) this.#places[this.#store.nameOf(last)] = place + 1;
    this.#places[name] = 0;
  }

  at(index: number): Row {
    if (!(index >= 0 && index < this.#size)) {
      throw new RangeError(`no row at ${index} of ${this.#size}`);
    }
    return this.#store.row(this.#numbers[index]!);
  }

  *[Symbol.iterator](): Iterator<Row> {
    for (let place = 0; place < this.#size; place++) yield this.at(place);
  }

  /** A table with the same rows, but for that of one node. */
  copyWithout(node: string): CompactRows {
    const copy = new CompactRows(this.#store, 0);
    copy.#numbers = this.#numbers.slice();
    copy.#places = this.#places.slice();
    copy.#size = this.#size;
    for (let place = 0; place < copy.#size; place++) this.#store.holdAgain(copy.#numbers[place]!);
    copy.delete(node);
    return copy;
  }

  /** Lets go of all its rows: its table is not needed any more. */
  clear(): void {
    for (let place = 0; place < this.#size; place++) this.#store.release(this.#numbers[place]!);
    this.#size = 0;
    this.#places.fill(0);
  }

  /** -1: there is none. */
  #place(name: number | undefined): number {
    return name === undefined ? -1 : (this.#places[name] ?? 0) - 1;
  }

  #append(name: number, number: number): void {
    if (this.#size === this.#numbers.length) {
      const numbers = new Uint32Array(2 * this.#size + 16);
      numbers.set(this.#numbers);
      this.#numbers = numbers;
    }
    if (name >= this.#places.length) {
      const places = placesFor(2 * name + 16);
      places.set(this.#places);
      this.#places = places;
    }
    this.#numbers[this.#size] = number;
    this.#size += 1;
    this.#places[name] = this.#size;
  }
}

function placesFor(nameCount: number): Places {
  return nameCount <= SMALL_COUNT_MAX ? new Uint16Array(nameCount) : new Uint32Array(nameCount);
}
