import type { Random } from "./random.js";

class Thing {
  /** Not a field: it is not enumerable, and belongs to the class. */
  get computed(): string {
    return "computed";
  }
}

type Fields = Record<PropertyKey, unknown>;

/** Each gives an object with the fields of another, but not as a plain literal has them. */
export const DISGUISES: Readonly<Record<string, (fields: Fields) => object>> = {
  "an instance of a class": (fields) => Object.assign(new Thing(), fields),
  "an object without a prototype": (fields) => Object.assign(Object.create(null), fields),
  "an object with getters": (fields) => withEach(fields, (value) => ({ get: () => value })),
  "a frozen object": (fields) => Object.freeze({ ...fields }),
  "an object with a symbol as key": (fields) => ({ ...fields, [Symbol("key")]: 1 }),
  "an object with a hidden field": (fields) =>
    Object.defineProperty({ ...fields }, "hidden", { value: 1, enumerable: false }),
};

const ALL = Object.values(DISGUISES);

/** The object in one disguise. */
export function disguised(fields: object, random: Random): object {
  return random.pick(ALL)(fields as Fields);
}

function withEach(fields: Fields, descriptor: (value: unknown) => PropertyDescriptor): object {
  const object = {};
  for (const [key, value] of Object.entries(fields)) {
    Object.defineProperty(object, key, { enumerable: true, ...descriptor(value) });
  }
  return object;
}
