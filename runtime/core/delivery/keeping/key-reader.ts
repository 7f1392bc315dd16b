/** A part of the application's keys. Keys are ordered by their code points, which is the order of their bytes. */
export interface KeyRange {
  /** Only keys that begin with this. Default: all. */
  readonly prefix?: string;
  /** Only keys above this one, to go on after the last key of an earlier read. Default: from the first. */
  readonly after?: string;
  /** At most so many. Default: all. */
  readonly limit?: number;
}

export type KeyValue = readonly [key: string, value: Uint8Array];

/** Reads the application's keys. The bytes may not be changed. */
export interface KeyReader {
  get(key: string): Uint8Array | undefined;
  /** Those in `range`, by key, ascending. Good until the next commit. */
  range(range: KeyRange): Iterable<KeyValue>;
}

/** Values by key; `undefined`: deleted. */
export type Changes = ReadonlyMap<string, Uint8Array | undefined>;

/** What `base` holds after `changes`. */
export class ChangedReader implements KeyReader {
  readonly #base: KeyReader;
  readonly #changes: Changes;

  constructor(base: KeyReader, changes: Changes) {
    this.#base = base;
    this.#changes = changes;
  }

  get(key: string): Uint8Array | undefined {
    return this.#changes.has(key) ? this.#changes.get(key) : this.#base.get(key);
  }

  *range({ limit = Number.POSITIVE_INFINITY, ...range }: KeyRange): Iterable<KeyValue> {
    let count = 0;
    for (const [key, value] of this.#merged(range)) {
      if (count++ >= limit) return;
      yield [key, value];
    }
  }

  /** Two ascending sequences made one; where both have a key, the change holds. */
  *#merged(range: KeyRange): Iterable<KeyValue> {
    const changes = sortedWithin(this.#changes, range);
    let next = 0;
    for (const pair of this.#base.range(range)) {
      for (; next < changes.length && compareKeys(changes[next]![0], pair[0]) < 0; next++) {
        yield* present(changes[next]!);
      }
      if (!this.#changes.has(pair[0])) yield pair;
    }
    for (; next < changes.length; next++) yield* present(changes[next]!);
  }
}

type Change = readonly [string, Uint8Array | undefined];

function* present([key, value]: Change): Iterable<KeyValue> {
  if (value !== undefined) yield [key, value];
}

function sortedWithin(changes: Changes, range: KeyRange): Change[] {
  return [...changes].filter(([key]) => isWithin(key, range)).sort(([a], [b]) => compareKeys(a, b));
}

/** Whether `key` is in `range`, its limit apart. */
export function isWithin(key: string, { prefix = "", after }: KeyRange): boolean {
  return key.startsWith(prefix) && (after === undefined || compareKeys(key, after) > 0);
}

/** Orders by code points. `<` would put those beyond U+FFFF before U+E000, unlike their UTF-8. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let index = 0; index < length; index++) {
    const unitA = a.charCodeAt(index);
    const unitB = b.charCodeAt(index);
    if (unitA !== unitB) return codePointOrder(unitA) - codePointOrder(unitB);
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above all other units. */
function codePointOrder(unit: number): number {
  return isSurrogate(unit) ? unit + 0x10000 : unit;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}
