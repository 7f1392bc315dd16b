import { disguised } from "./disguises.js";
import { neighbour, oddValue } from "./odd-values.js";
import type { Random } from "./random.js";

type Holder = Record<PropertyKey, unknown>;

/** A spot in a value: what stands there can be replaced. */
interface Spot {
  readonly holder: Holder;
  readonly key: string;
}

type Change = (spot: Spot, bounds: readonly number[], random: Random) => void;

const CHANGES: readonly Change[] = [
  ({ holder, key }, _bounds, random) => {
    holder[key] = oddValue(random);
  },
  ({ holder, key }, bounds, random) => {
    holder[key] = neighbour(holder[key], bounds, random);
  },
  ({ holder, key }) => {
    // In an array this leaves a hole.
    delete holder[key];
  },
  ({ holder, key }, _bounds, random) => {
    holder[random.pick(["later", "Type", "constructor", "toString", `${key}_`])] = oddValue(random);
  },
  ({ holder, key }) => {
    holder[key] = [holder[key], holder[key]];
  },
  ({ holder, key }) => {
    if (Array.isArray(holder)) holder.push(holder[Number(key)]);
    else holder[key] = { ...(holder[key] as object) };
  },
  ({ holder, key }) => {
    holder[key] = undefined;
  },
];

/** A copy of `value` with one to three changes; now and then the whole is replaced or disguised. */
export function mutatedValue(value: unknown, bounds: readonly number[], random: Random): unknown {
  if (random.oneIn(40)) return oddValue(random);
  const copy = cloned(value);
  for (let left = 1 + random.below(3); left > 0; left--) {
    const spots = spotsIn(copy);
    if (spots.length > 0) random.pick(CHANGES)(random.pick(spots), bounds, random);
  }
  return random.oneIn(8) ? inDisguise(copy, random) : copy;
}

/** The value with one of its objects in disguise. This comes last, since not all of them can be changed. */
function inDisguise(value: unknown, random: Random): unknown {
  const spots = spotsIn(value).filter(({ holder, key }) => isPlain(holder[key]));
  if (spots.length === 0 || random.oneIn(2))
    return isPlain(value) ? disguised(value, random) : value;
  const { holder, key } = random.pick(spots);
  holder[key] = disguised(holder[key] as object, random);
  return value;
}

/** A copy of plain data, bytes included. */
export function cloned(value: unknown): unknown {
  if (value instanceof Uint8Array) return Uint8Array.from(value);
  if (Array.isArray(value)) return value.map(cloned);
  if (!isPlain(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cloned(inner)]));
}

function spotsIn(value: unknown): readonly Spot[] {
  if (!Array.isArray(value) && !isPlain(value)) return [];
  const holder = value as Holder;
  return Object.keys(holder).flatMap((key) => [{ holder, key }, ...spotsIn(holder[key])]);
}

function isPlain(value: unknown): value is object {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
