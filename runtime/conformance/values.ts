import { randomUUID } from "node:crypto";
import { bytesOf } from "./hex.js";
import type { Hex, Json } from "./table.js";

/** MessagePack that is written as it is. */
export class Packed {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** A map as its entries, so that a key can be there twice. */
export class Entries {
  readonly entries: readonly (readonly [unknown, unknown])[];

  constructor(entries: readonly (readonly [unknown, unknown])[]) {
    this.entries = entries;
  }
}

/** What the values of one exchange may refer to. */
export class Scope {
  readonly me: string;
  readonly peer: string;
  /** Unix ms, when the run began: epochs of one run are above those of the run before. */
  readonly epoch: number;
  readonly #ids = new Map<string, string>();
  readonly #heard = new Map<string, unknown>();

  constructor(me: string, peer: string, epoch: number) {
    this.me = me;
    this.peer = peer;
    this.epoch = epoch;
  }

  /** The UUID of this name, drawn when it is first asked for. */
  id(name: string): string {
    const id = this.#ids.get(name) ?? randomUUID();
    this.#ids.set(name, id);
    return id;
  }

  /** Gives a name to an id that was drawn elsewhere. */
  name(name: string, id: string): void {
    this.#ids.set(name, id);
  }

  remember(name: string, message: unknown): void {
    this.#heard.set(name, message);
  }

  /** What was heard, by a path such as `request.data.id`. */
  heard(path: string): unknown {
    const [name, ...keys] = path.split(".");
    let value = this.#heard.get(name!);
    for (const key of keys) value = (value as Json | undefined)?.[key];
    if (value === undefined) throw new Error(`the table refers to ${path}, which was not heard`);
    return value;
  }
}

/** Puts what they stand for in place of all maps whose only key begins with `$`. */
export function fill(value: unknown, scope: Scope): unknown {
  if (Array.isArray(value)) return value.map((item) => fill(item, scope));
  if (typeof value !== "object" || value === null) return value;
  const [first] = Object.keys(value);
  const maker = first?.startsWith("$") ? MAKERS[first] : undefined;
  if (maker !== undefined) return maker((value as Json)[first!], scope, value as Json);
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, fill(each, scope)]));
}

type Maker = (given: unknown, scope: Scope, whole: Json) => unknown;

const MAKERS: Readonly<Record<string, Maker>> = {
  /** The UUID of this name. */
  $id: (name, scope) => scope.id(name as string),
  /** Now, and so many ms more. */
  $now: (ms) => Date.now() + (ms as number),
  /** The epoch of this run, and so many more. */
  $epoch: (more, scope) => scope.epoch + (more as number),
  /** The node id of one of the two: `me` or `peer`. */
  $node: (which, scope) => (which === "me" ? scope.me : scope.peer),
  /** What was heard, and so much `plus`. */
  $heard: (path, scope, { plus = 0 }) =>
    plus === 0 ? scope.heard(path as string) : Number(scope.heard(path as string)) + Number(plus),
  /** A text, so many times over. */
  $text: (given) => {
    const [text, times] = given as [string, number];
    return text.repeat(times);
  },
  /** A value, so many times over. */
  $list: (given, scope) => {
    const [item, count] = given as [unknown, number];
    return Array.from({ length: count }, () => fill(item, scope));
  },
  /** Keys that differ by a number at their end, all with one value. */
  $keys: (given) => {
    const [prefix, count, each] = given as [string, number, unknown];
    return Object.fromEntries(Array.from({ length: count }, (_, at) => [`${prefix}${at}`, each]));
  },
  /** MessagePack as it is. */
  $hex: (hex) => new Packed(bytesOf(hex as Hex | readonly Hex[])),
  /** A map as its entries. */
  $map: (entries, scope) => new Entries(fill(entries, scope) as [unknown, unknown][]),
};
