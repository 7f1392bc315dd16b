import type { MemberFacts } from "../../../../runtime/core/membership/facts.js";
import { hashLife } from "../../../../runtime/core/membership/life-hash.js";
import type { Row, RowFields } from "../../../../runtime/core/membership/rows.js";

/**
 * All rows that the tables of a world hold, each once: most nodes believe the same of a node. A row goes by a number,
 * as does the name of a node; who holds a row says so, and the last to let go of it makes its number free.
 */
export class RowStore {
  readonly #names = new Map<string, number>();
  /** Row 0 is none. */
  readonly #rows: (Row | undefined)[] = [undefined];
  readonly #nameOfRow: number[] = [-1];
  readonly #holders: number[] = [0];
  readonly #free: number[] = [];
  /** By name: the numbers of its rows by what is in them, and the latest of them. */
  readonly #numbers: Map<string, number>[] = [];
  readonly #latest: number[] = [];
  readonly #facts = new Map<string, MemberFacts>();

  /** Rows that somebody holds. */
  get rowCount(): number {
    return this.#rows.length - 1 - this.#free.length;
  }

  /** `undefined` for one that was never in a row. */
  findName(node: string): number | undefined {
    return this.#names.get(node);
  }

  nameOf(number: number): number {
    return this.#nameOfRow[number]!;
  }

  row(number: number): Row {
    const row = this.#rows[number];
    if (row === undefined) throw new RangeError(`there is no row ${number}`);
    return row;
  }

  /** The number of the row with these fields, which the caller holds from now on. */
  hold(fields: RowFields): number {
    const name = this.#name(fields.node);
    const latest = this.#latest[name]!;
    const number = isSame(this.#rows[latest], fields) ? latest : this.#find(name, fields);
    this.#latest[name] = number;
    this.#holders[number]! += 1;
    return number;
  }

  /** One more holds it. */
  holdAgain(number: number): void {
    this.#holders[number]! += 1;
  }

  release(number: number): void {
    this.#holders[number]! -= 1;
    if (this.#holders[number]! > 0) return;
    const row = this.row(number);
    this.#numbers[this.nameOf(number)]!.delete(contentOf(row));
    this.#rows[number] = undefined;
    this.#free.push(number);
  }

  #name(node: string): number {
    let name = this.#names.get(node);
    if (name === undefined) {
      name = this.#names.size;
      this.#names.set(node, name);
      this.#numbers.push(new Map());
      this.#latest.push(0);
    }
    return name;
  }

  #find(name: number, fields: RowFields): number {
    const content = contentOf(fields);
    const known = this.#numbers[name]!.get(content);
    if (known !== undefined) return known;
    const number = this.#free.pop() ?? this.#rows.length;
    this.#rows[number] = this.#stored(fields);
    this.#nameOfRow[number] = name;
    this.#holders[number] = 0;
    this.#numbers[name]!.set(content, number);
    return number;
  }

  #stored({ node, role, state, epoch, incarnation, facts, accusers }: RowFields): Row {
    const content = factsContentOf(facts);
    const shared = this.#facts.get(content) ?? facts;
    this.#facts.set(content, shared);
    const hash = hashLife(node, { epoch, incarnation });
    return { node, role, state, epoch, incarnation, facts: shared, accusers, hash };
  }
}

/** Whether it is the row with these fields, as far as can be said at a glance. */
function isSame(row: Row | undefined, fields: RowFields): boolean {
  return (
    row !== undefined &&
    row.node === fields.node &&
    row.state === fields.state &&
    row.epoch === fields.epoch &&
    row.incarnation === fields.incarnation &&
    row.role === fields.role &&
    row.facts === fields.facts &&
    areSame(row.accusers, fields.accusers)
  );
}

function areSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((item, index) => item === others[index]);
}

function contentOf({ role, state, epoch, incarnation, facts, accusers }: RowFields): string {
  return `${role} ${state} ${epoch}.${incarnation} ${accusers.join()} ${factsContentOf(facts)}`;
}

function factsContentOf(facts: MemberFacts): string {
  const { address, version, capabilities, metadata, hash, isComplete } = facts;
  return JSON.stringify([address, version, capabilities, metadata, hash, isComplete]);
}
