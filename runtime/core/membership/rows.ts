import type { Role } from "../../../generated/types.js";
import type { MemberFacts } from "./facts.js";
import { hashLife, type LifeHash } from "./life-hash.js";
import { compareLife, type Life, type MemberState, type News } from "./news.js";

/** What a table holds of one other node. */
export interface RowFields extends Life {
  readonly node: string;
  readonly role: Role;
  readonly state: MemberState;
  readonly facts: MemberFacts;
  /** Whose word its suspicion or death was taken on, as told; at most 3, none for other states. */
  readonly accusers: readonly string[];
}

/** A stored row. It is replaced, never changed, so it may be shared between tables. */
export interface Row extends RowFields {
  readonly hash: LifeHash;
}

/**
 * Where a table keeps its rows: one per node but never the table's own. A store may keep equal rows once
 * for many tables; what a table reads is then still all its own.
 */
export interface Rows {
  readonly size: number;
  get(node: string): Row | undefined;
  /** Puts the row in the place of the node's former one, and returns it as stored. */
  set(fields: RowFields): Row;
  delete(node: string): void;
  /**
   * The row at a place from 0 to `size` − 1, in constant time, so that one can be chosen at random.
   * Places change only with `delete` and with rows of new nodes.
   */
  at(index: number): Row;
  [Symbol.iterator](): Iterator<Row>;
}

/** Rows in a map, and in a list for choosing by place. */
export class MapRows implements Rows {
  readonly #places = new Map<string, number>();
  readonly #list: Row[] = [];

  get size(): number {
    return this.#list.length;
  }

  get(node: string): Row | undefined {
    const place = this.#places.get(node);
    return place === undefined ? undefined : this.#list[place];
  }

  set(fields: RowFields): Row {
    const place = this.#places.get(fields.node) ?? this.#list.length;
    const row = hashedRow(fields, this.#list[place]);
    this.#places.set(row.node, place);
    this.#list[place] = row;
    return row;
  }

  delete(node: string): void {
    const place = this.#places.get(node);
    const last = this.#list.at(-1);
    if (place === undefined || last === undefined) return;
    this.#list[place] = last;
    this.#places.set(last.node, place);
    this.#list.pop();
    this.#places.delete(node);
  }

  at(index: number): Row {
    const row = this.#list[index];
    if (row === undefined) throw new RangeError(`no row at ${index} of ${this.#list.length}`);
    return row;
  }

  [Symbol.iterator](): Iterator<Row> {
    return this.#list[Symbol.iterator]();
  }
}

/** What there is to tell others of this member. */
export function newsOf({
  node,
  state,
  epoch,
  incarnation,
  role,
  facts,
  accusers,
}: RowFields): News {
  const { address, version, hash } = facts;
  return {
    node,
    state,
    epoch,
    incarnation,
    role,
    ...(address !== undefined && { address }),
    ...(version !== undefined && { version }),
    ...(hash !== "" && { facts_hash: hash }),
    ...(accusers.length > 0 && { accusers: [...accusers] }),
  };
}

/**
 * The row with the hash of its life, for stores. Hashing costs more than all else here, and most changes of
 * a row keep its life, so that of the former row is taken where it can be.
 */
export function hashedRow(fields: RowFields, former: Row | undefined): Row {
  const isSameLife = former !== undefined && compareLife(fields, former) === 0;
  const hash = isSameLife ? former.hash : hashLife(fields.node, fields);
  const { node, role, state, epoch, incarnation, facts, accusers } = fields;
  return { node, role, state, epoch, incarnation, facts, accusers, hash };
}
