import { PackWriter } from "../../../runtime/wire/pack-writer.js";
import type { Random } from "./random.js";

/** Values as bytes that schemas or our profile of MessagePack refuse, by name. */
export const ODD_TOKENS: Readonly<Record<string, string>> = {
  nil: "c0",
  "the unused marker": "c1",
  "a float NaN": "cb7ff8000000000000",
  "a float infinity": "cb7ff0000000000000",
  "a float -0": "cb8000000000000000",
  "a short float": "ca3f800000",
  "the largest uint64": "cfffffffffffffffff",
  "the smallest int64": "d38000000000000000",
  "exactly 2^53": "cf0020000000000000",
  "more than 2^53": "cf0020000000000001",
  "text that is no UTF-8": "a2fffe",
  "an overlong slash": "a2c0af",
  "a surrogate in UTF-8": "a3eda080",
  "text cut inside a character": "a1c3",
  "a text of 4 GiB": "dbffffffff",
  "bytes of 2 GiB": "c67fffffff",
  "an array of 32 Mi items": "dd02000000",
  "a map of 4 Gi entries": "dfffffffff",
  "an extension": "d47001",
  "an extension of a byte": "c7010a00",
  "a timestamp": "d6ff00000000",
  "a map with a number as key": "810102",
  "a map with __proto__": "81a95f5f70726f746f5f5f80",
  "a map with a key twice": "82a16101a16101",
  "an empty text": "a0",
  "an empty map": "80",
  "an empty array": "90",
  bytes: "c403010203",
  true: "c3",
};

const TOKENS = Object.values(ODD_TOKENS).map((hex) => Buffer.from(hex, "hex"));
const UNKNOWN_KEYS = ["later", "a", "type", "data", "field_of_a_later_version", "é"];

/**
 * Writes values as MessagePack in any form that means the same, and now and then in one that does not: it
 * stands for the encoders of others. Once in `rarity` times it leaves the path of our own.
 */
export class LooseWriter {
  readonly #writer = new PackWriter();
  readonly #random: Random;
  readonly #rarity: number;
  /** Once in so many odd places what is written is wrong, not just unusual; 0 for never. */
  readonly #wrongness: number;

  constructor(random: Random, rarity: number, wrongness: number, bin: boolean) {
    this.#random = random;
    this.#rarity = rarity;
    this.#wrongness = wrongness;
    this.#writer.bin = bin;
  }

  /** The bytes of one value. */
  bytes(value: unknown): Uint8Array {
    this.#value(value);
    return this.#writer.bytes();
  }

  #value(value: unknown): void {
    const random = this.#random;
    const isOdd = random.oneIn(this.#rarity);
    if (isOdd && this.#wrongness > 0 && random.oneIn(this.#wrongness)) {
      this.#writer.raw(random.pick(TOKENS));
    } else if (Array.isArray(value)) this.#array(value, isOdd);
    else if (isFields(value)) this.#map(value, isOdd);
    else if (!isOdd) this.#writer.value(value);
    else this.#scalar(value);
  }

  #array(items: readonly unknown[], isOdd: boolean): void {
    if (isOdd) this.#wideHead(0xdc, items.length);
    else this.#writer.arrayHeader(items.length);
    for (const item of items) this.#value(item);
  }

  #map(fields: object, isOdd: boolean): void {
    let entries = Object.entries(fields).filter(([, value]) => value !== undefined);
    const change = isOdd ? this.#random.below(5) : 0;
    if (change === 1) entries = this.#random.shuffled(entries);
    if (change === 2) entries.push([this.#random.pick(UNKNOWN_KEYS), { deep: [1] }]);
    if (change === 3 && entries.length > 0) entries.push(this.#random.pick(entries));
    if (change === 4) this.#wideHead(0xde, entries.length);
    else this.#writer.mapHeader(entries.length);
    for (const [key, value] of entries) {
      if (this.#random.oneIn(this.#rarity * 2)) this.#wideText(key);
      else this.#writer.string(key);
      this.#value(value);
    }
  }

  #scalar(value: unknown): void {
    if (typeof value === "string") this.#wideText(value);
    else if (typeof value === "number") this.#number(value);
    else if (value instanceof Uint8Array) this.#otherBytes(value);
    else this.#writer.value(value);
  }

  /** An integer in one of the forms that hold it, floats included. */
  #number(value: number): void {
    const forms = NUMBER_FORMS.filter(({ holds }) => holds(value));
    const { marker, size, put } = this.#random.pick(forms);
    const writer = this.#writer;
    const at = writer.reserve(size + 1);
    writer.view.setUint8(at, marker);
    put(writer.view, at + 1, value);
    writer.offset = at + 1 + size;
  }

  /** As bin where it would be text, and the other way round. */
  #otherBytes(bytes: Uint8Array): void {
    const writer = this.#writer;
    writer.bin = !writer.bin;
    writer.base64(bytes);
    writer.bin = !writer.bin;
  }

  #wideText(text: string): void {
    const utf8 = Buffer.from(text);
    if (utf8.length < 0x100 && this.#random.oneIn(2)) {
      this.#writer.raw(Uint8Array.of(0xd9, utf8.length));
    } else this.#wideHead(0xda, utf8.length);
    this.#writer.raw(utf8);
  }

  /** A head of 16 or 32 bits; the marker of the wider one follows that of the narrower. */
  #wideHead(marker: number, count: number): void {
    const writer = this.#writer;
    const isShort = count < 0x1_0000 && this.#random.oneIn(2);
    const at = writer.reserve(5);
    writer.view.setUint8(at, isShort ? marker : marker + 1);
    if (isShort) writer.view.setUint16(at + 1, count);
    else writer.view.setUint32(at + 1, count);
    writer.offset = at + (isShort ? 3 : 5);
  }
}

interface NumberForm {
  readonly marker: number;
  readonly size: number;
  holds(value: number): boolean;
  put(view: DataView, at: number, value: number): void;
}

function isWithin(min: number, max: number): (value: number) => boolean {
  return (value) => Number.isSafeInteger(value) && value >= min && value <= max;
}

const NUMBER_FORMS: readonly NumberForm[] = [
  { marker: 0xcc, size: 1, holds: isWithin(0, 0xff), put: (v, at, n) => v.setUint8(at, n) },
  { marker: 0xcd, size: 2, holds: isWithin(0, 0xffff), put: (v, at, n) => v.setUint16(at, n) },
  { marker: 0xce, size: 4, holds: isWithin(0, 2 ** 32 - 1), put: (v, at, n) => v.setUint32(at, n) },
  {
    marker: 0xcf,
    size: 8,
    holds: isWithin(0, 2 ** 53),
    put: (v, at, n) => v.setBigUint64(at, BigInt(n)),
  },
  { marker: 0xd0, size: 1, holds: isWithin(-0x80, 0x7f), put: (v, at, n) => v.setInt8(at, n) },
  { marker: 0xd1, size: 2, holds: isWithin(-0x8000, 0x7fff), put: (v, at, n) => v.setInt16(at, n) },
  {
    marker: 0xd2,
    size: 4,
    holds: isWithin(-(2 ** 31), 2 ** 31 - 1),
    put: (v, at, n) => v.setInt32(at, n),
  },
  {
    marker: 0xd3,
    size: 8,
    holds: isWithin(-(2 ** 53), 2 ** 53),
    put: (v, at, n) => v.setBigInt64(at, BigInt(n)),
  },
  {
    marker: 0xca,
    size: 4,
    holds: (value) => Math.fround(value) === value,
    put: (v, at, n) => v.setFloat32(at, n),
  },
  { marker: 0xcb, size: 8, holds: () => true, put: (v, at, n) => v.setFloat64(at, n) },
];

function isFields(value: unknown): value is object {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array);
}
