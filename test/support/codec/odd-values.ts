import type { Random } from "./random.js";

/** Values that are wrong almost everywhere, and some that are only almost right. */
const ODD_VALUES: readonly unknown[] = [
  undefined,
  null,
  true,
  false,
  0,
  -0,
  1,
  -1,
  0.5,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  2 ** 53,
  -(2 ** 53),
  2 ** 53 - 1,
  1e300,
  0n,
  -1n,
  2n ** 53n - 1n,
  2n ** 53n,
  2n ** 53n + 1n,
  2n ** 63n,
  -(2n ** 63n),
  2n ** 64n - 1n,
  2n ** 64n,
  "",
  "1",
  "__proto__",
  "constructor",
  "\ud800",
  "a\udc00b",
  "\u0000",
  "\ufeffmark",
  `\ufeff${"long".repeat(20)}`,
  "é",
  "🙂",
  new Uint8Array(0),
  new Uint8Array([1, 2, 3]),
  Buffer.from("bytes"),
  new Uint16Array([1, 2]),
  new Date(0),
  new Map([["key", "value"]]),
  new Set([1]),
  /pattern/,
  new Error("text"),
  Object("boxed"),
  Object(1),
  Symbol("symbol"),
  () => 1,
];

/** The same for values that mutations may go on to change, so that each has to be a new one. */
const NEW_VALUES: readonly (() => unknown)[] = [() => [], () => [undefined], () => ({})];

/** Units of text: one, two, three and four bytes in UTF-8, and halves of a pair. */
const UNITS = ["a", "é", "€", "🙂", "\ud83d", "\udc00"];
/** No longer texts and arrays are made. */
const LENGTH_MAX = 5000;

/** Some value, without regard to what is wanted. */
export function oddValue(random: Random): unknown {
  return random.oneIn(15) ? random.pick(NEW_VALUES)() : random.pick(ODD_VALUES);
}

/** A value of the same type as `value` near one of `bounds`. */
export function neighbour(value: unknown, bounds: readonly number[], random: Random): unknown {
  const bound = random.pick(bounds);
  const length = Math.min(LENGTH_MAX, Math.max(0, Math.floor(bound)));
  if (typeof value === "string") return textOf(value, length, random);
  if (typeof value === "number") return random.oneIn(4) ? bound + 0.5 : bound;
  if (typeof value === "bigint") return BigInt(Math.floor(bound));
  if (value instanceof Uint8Array) return new Uint8Array(length);
  if (Array.isArray(value))
    return Array.from({ length }, (_, index) => value[index % value.length]);
  return bound;
}

/** A text of `length` characters: the old one cut or repeated, or of characters of another size. */
function textOf(text: string, length: number, random: Random): string {
  const unit = random.oneIn(2) && text !== "" ? text : random.pick(UNITS);
  if (random.oneIn(4)) return `${text}${random.pick(UNITS)}`;
  return [...unit.repeat(Math.ceil(length / unit.length) + 1)].slice(0, length).join("");
}
