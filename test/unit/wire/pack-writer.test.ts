import { decode as decodeMsgpack } from "@msgpack/msgpack";
import fc from "fast-check";
import { Packr } from "msgpackr";
import { describe, expect, test } from "vitest";
import { PackWriter } from "../../../runtime/wire/pack-writer.js";
import { hex, thrownBy } from "./bytes.js";

const msgpackr = new Packr({ useRecords: false, mapsAsObjects: true, int64AsType: "number" });
const msgpackrBigint = new Packr({ useRecords: false, int64AsType: "bigint" });

/** What `write` leaves behind in a writer that has to grow for everything. */
function packed(write: (writer: PackWriter) => void, bin = false): Buffer {
  const writer = new PackWriter(0);
  writer.bin = bin;
  write(writer);
  return Buffer.from(writer.bytes());
}

/** Both libraries have to read `bytes` as `value`. */
function expectDecoded(bytes: Buffer, value: unknown): void {
  expect(msgpackr.unpack(bytes)).toEqual(value);
  expect(decodeMsgpack(bytes)).toEqual(value);
}

const INTEGERS: [number, string][] = [
  [0, "00"],
  [1, "01"],
  [127, "7f"],
  [128, "cc80"],
  [255, "ccff"],
  [256, "cd0100"],
  [65_535, "cdffff"],
  [65_536, "ce00010000"],
  [2 ** 31 - 1, "ce7fffffff"],
  [2 ** 31, "ce80000000"],
  [2 ** 32 - 1, "ceffffffff"],
  [2 ** 32, "cf0000000100000000"],
  [2 ** 32 + 1, "cf0000000100000001"],
  [Number.MAX_SAFE_INTEGER, "cf001fffffffffffff"],
  [-1, "ff"],
  [-32, "e0"],
  [-33, "d0df"],
  [-128, "d080"],
  [-129, "d1ff7f"],
  [-32_768, "d18000"],
  [-32_769, "d2ffff7fff"],
  [-(2 ** 31), "d280000000"],
  [-(2 ** 31) - 1, "d3ffffffff7fffffff"],
  [-(2 ** 32), "d3ffffffff00000000"],
  [-(2 ** 32) - 1, "d3fffffffeffffffff"],
  [Number.MIN_SAFE_INTEGER, "d3ffe0000000000001"],
];

describe("an integer", () => {
  test.each(INTEGERS)("%d is written in its shortest form, %s", (value, bytes) => {
    expect(packed((writer) => writer.integer(value))).toEqual(hex(bytes));
    expect(packed((writer) => writer.number(value))).toEqual(hex(bytes));
    expect(packed((writer) => writer.bigint(BigInt(value)))).toEqual(hex(bytes));
    expectDecoded(hex(bytes), value);
  });

  test("of any size is read back by both libraries", () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const bytes = packed((writer) => writer.integer(value));
        expect(msgpackr.unpack(bytes)).toBe(value);
        expect(decodeMsgpack(bytes)).toBe(value);
      }),
    );
  });

  test("of -0 is 0: integers have no sign of zero", () => {
    expect(packed((writer) => writer.number(-0))).toEqual(hex("00"));
  });
});

describe("a bigint", () => {
  test.each([
    [2n ** 53n, "cf0020000000000000"],
    [2n ** 63n - 1n, "cf7fffffffffffffff"],
    [2n ** 63n, "cf8000000000000000"],
    [2n ** 64n - 1n, "cfffffffffffffffff"],
    [-(2n ** 53n), "d3ffe0000000000000"],
    [-(2n ** 63n), "d38000000000000000"],
  ])("%d beyond the safe integers takes eight bytes, %s", (value, bytes) => {
    expect(packed((writer) => writer.bigint(value))).toEqual(hex(bytes));
    expect(msgpackrBigint.unpack(hex(bytes))).toBe(value);
    expect(decodeMsgpack(hex(bytes), { useBigInt64: true })).toBe(value);
  });

  test.each([2n ** 64n, -(2n ** 63n) - 1n])("%d of more than 64 bits is refused", (value) => {
    expect(thrownBy(() => packed((writer) => writer.bigint(value)))).toBeInstanceOf(RangeError);
  });
});

describe("a float", () => {
  test.each([
    [0.5, "cb3fe0000000000000"],
    [-1.5, "cbbff8000000000000"],
    [Number.MAX_VALUE, "cb7fefffffffffffff"],
    [Number.MIN_VALUE, "cb0000000000000001"],
    [Number.POSITIVE_INFINITY, "cb7ff0000000000000"],
    [Number.NEGATIVE_INFINITY, "cbfff0000000000000"],
    [Number.NaN, "cb7ff8000000000000"],
    [2 ** 53, "cb4340000000000000"],
    [1e300, "cb7e37e43c8800759c"],
  ])("%d takes nine bytes, %s", (value, bytes) => {
    expect(packed((writer) => writer.float(value))).toEqual(hex(bytes));
    expect(packed((writer) => writer.number(value))).toEqual(hex(bytes));
    expectDecoded(hex(bytes), value);
  });

  test("of a whole value is still a float, and keeps the sign of zero", () => {
    expect(packed((writer) => writer.float(3))).toEqual(hex("cb4008000000000000"));
    expect(packed((writer) => writer.float(-0))).toEqual(hex("cb8000000000000000"));
  });

  test("is read back bit for bit", () => {
    fc.assert(
      fc.property(fc.double(), (value) => {
        const bytes = packed((writer) => writer.float(value));
        expect(Object.is(msgpackr.unpack(bytes), value)).toBe(true);
        expect(Object.is(decodeMsgpack(bytes), value)).toBe(true);
      }),
    );
  });
});

test("nil and the booleans are one byte each", () => {
  const bytes = packed((writer) => {
    writer.nil();
    writer.boolean(false);
    writer.boolean(true);
  });
  expect(bytes).toEqual(hex("c0 c2 c3"));
});

const SIZE_BOUNDARIES: [number, string][] = [
  [0, "a0"],
  [1, "a1"],
  [23, "b7"],
  [24, "b8"],
  [31, "bf"],
  [32, "d920"],
  [255, "d9ff"],
  [256, "da0100"],
  [4095, "da0fff"],
  [4096, "da1000"],
  [65_535, "daffff"],
  [65_536, "db00010000"],
];

describe("a string", () => {
  test.each(SIZE_BOUNDARIES)("of %d ASCII characters begins with %s", (size, head) => {
    const text = "x".repeat(size);
    const bytes = packed((writer) => writer.string(text));
    expect(bytes).toEqual(Buffer.concat([hex(head), Buffer.from(text)]));
    expectDecoded(bytes, text);
  });

  // Two, three and four bytes a character: the size of the head follows the bytes, not the length.
  test.each(["ü", "世", "😀"])("of %s has the shortest head at every length", (char) => {
    const lengths = [1, 7, 8, 10, 11, 15, 16, 23, 24, 31, 63, 64, 85, 86, 127, 128, 255, 256];
    for (const length of [...lengths, 2047, 2048, 4095, 4096, 16_384, 21_845, 21_846, 32_768]) {
      const text = char.repeat(length);
      const utf8 = Buffer.from(text);
      const bytes = packed((writer) => writer.string(text));
      expect(bytes.length - utf8.length).toBe(shortestHeadSize(utf8.length));
      expectDecoded(bytes, text);
    }
  });

  test("with one character beyond ASCII at any place of a short text is whole", () => {
    for (let at = 0; at < 23; at++) {
      const text = `${"a".repeat(at)}é${"b".repeat(22 - at)}`;
      expectDecoded(
        packed((writer) => writer.string(text)),
        text,
      );
    }
  });

  test("with half a surrogate pair becomes valid UTF-8", () => {
    for (const text of ["a\ud800", `${"x".repeat(40)}\udc00y`]) {
      const bytes = packed((writer) => writer.string(text));
      expect(msgpackr.unpack(bytes)).toBe(Buffer.from(text).toString());
    }
  });

  test("of any kind is read back by both libraries, in the shortest form", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", maxLength: 400, size: "max" }), (text) => {
        const bytes = packed((writer) => writer.string(text));
        const size = Buffer.byteLength(text);
        expect(bytes.length - size).toBe(shortestHeadSize(size));
        expectDecoded(bytes, text);
      }),
    );
  });
});

function shortestHeadSize(size: number): number {
  if (size < 32) return 1;
  if (size < 256) return 2;
  return size < 65_536 ? 3 : 5;
}

describe("binary", () => {
  test.each([
    [0, "c400"],
    [1, "c401"],
    [255, "c4ff"],
    [256, "c50100"],
    [65_535, "c5ffff"],
    [65_536, "c600010000"],
  ])("of %d bytes begins with %s", (size, head) => {
    const value = Buffer.alloc(size, 0xa5);
    const bytes = packed((writer) => writer.binary(value));
    expect(bytes).toEqual(Buffer.concat([hex(head), value]));
    expect(Buffer.from(msgpackr.unpack(bytes)).equals(value)).toBe(true);
    expect(Buffer.from(decodeMsgpack(bytes) as Uint8Array).equals(value)).toBe(true);
  });

  test("travels as bin where that is agreed, and as base64 text where it is not", () => {
    const value = hex("fbeffe00");
    expect(packed((writer) => writer.base64(value), true)).toEqual(hex("c404 fbeffe00"));
    expect(packed((writer) => writer.base64(value))).toEqual(
      Buffer.concat([hex("a8"), Buffer.from("++/+AA==")]),
    );
  });

  test("as base64 text has the shortest head at every size", () => {
    for (const size of [0, 1, 2, 3, 21, 22, 24, 189, 191, 192, 49_149, 49_151, 49_152]) {
      const value = Buffer.alloc(size, 0x5a);
      const bytes = packed((writer) => writer.base64(value));
      const text = value.toString("base64");
      expect(bytes.length - text.length).toBe(shortestHeadSize(text.length));
      expectDecoded(bytes, text);
    }
  });

  test("that is a view on larger memory is written without its surroundings", () => {
    const view = new Uint8Array([9, 9, 1, 2, 3, 9]).subarray(2, 5);
    expect(packed((writer) => writer.base64(view))).toEqual(hex("a4 41514944"));
    expect(packed((writer) => writer.base64(view), true)).toEqual(hex("c403 010203"));
  });
});

describe("the head of a container", () => {
  test.each([
    [0, "90", "80"],
    [15, "9f", "8f"],
    [16, "dc0010", "de0010"],
    [65_535, "dcffff", "deffff"],
    [65_536, "dd00010000", "df00010000"],
  ])("of %d items is %s for an array and %s for a map", (count, array, map) => {
    expect(packed((writer) => writer.arrayHeader(count))).toEqual(hex(array));
    expect(packed((writer) => writer.mapHeader(count))).toEqual(hex(map));
    const items = Array.from({ length: count }, (_, index) => index);
    const bytes = packed((writer) => {
      writer.arrayHeader(count);
      for (const item of items) writer.integer(item);
    });
    expectDecoded(bytes, items);
  });

  test("of a map goes before its keys and values", () => {
    const bytes = packed((writer) => {
      writer.mapHeader(2);
      writer.string("a");
      writer.raw(hex("93010203"));
      writer.string("b");
      writer.nil();
    });
    expect(bytes).toEqual(hex("82 a161 93010203 a162 c0"));
    expectDecoded(bytes, { a: [1, 2, 3], b: null });
  });
});

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

function pack(writer: PackWriter, value: Json): void {
  if (value === null) writer.nil();
  else if (typeof value === "boolean") writer.boolean(value);
  else if (typeof value === "number") writer.number(value);
  else if (typeof value === "string") writer.string(value);
  else if (Array.isArray(value)) {
    writer.arrayHeader(value.length);
    for (const item of value) pack(writer, item);
  } else {
    writer.mapHeader(Object.keys(value).length);
    for (const [key, item] of Object.entries(value)) {
      writer.string(key);
      pack(writer, item);
    }
  }
}

test("any JSON value is read back by both libraries", () => {
  fc.assert(
    fc.property(fc.jsonValue({ noUnicodeString: false }), (json) => {
      fc.pre(!JSON.stringify(json).includes("__proto__"));
      const value = JSON.parse(JSON.stringify(json)) as Json;
      expectDecoded(
        packed((writer) => pack(writer, value)),
        value,
      );
    }),
  );
});

describe("a writer", () => {
  test("that has to grow keeps what is written", () => {
    const writer = new PackWriter(1);
    for (let index = 0; index < 1000; index++) writer.string(`item ${index}`);
    const expected = new PackWriter(65_536);
    for (let index = 0; index < 1000; index++) expected.string(`item ${index}`);
    expect(writer.bytes()).toEqual(expected.bytes());
  });

  test("at least doubles, so that growing costs a constant for each byte", () => {
    const writer = new PackWriter(64);
    const sizes = new Set<number>();
    for (let index = 0; index < 100_000; index++) {
      writer.integer(index);
      sizes.add(writer.buffer.length);
    }
    expect(sizes.size).toBeLessThan(16);
  });

  test("does not grow where the exact space is reserved", () => {
    const writer = new PackWriter(8);
    writer.reserve(8);
    expect(writer.buffer.length).toBe(8);
  });

  test("keeps its view on the memory that it writes to", () => {
    const writer = new PackWriter(4);
    writer.raw(hex("01020304 05060708"));
    expect(writer.view.getUint32(0)).toBe(0x01020304);
    expect(writer.view.buffer).toBe(writer.buffer.buffer);
  });

  test("refuses to grow past its bound, and names the size", () => {
    const writer = new PackWriter(16);
    writer.offsetMax = 1000;
    writer.raw(Buffer.alloc(1000));
    expect(thrownBy(() => writer.raw(Buffer.alloc(1100)))).toMatchObject({
      code: "PROTOCOL_ERROR",
      details: { got: "2100 bytes" },
    });
  });

  test("asks for the exact size of a long text, so that the bound does not hit too early", () => {
    const writer = new PackWriter(16);
    writer.offsetMax = 100_100;
    writer.string("x".repeat(100_000));
    expect(writer.offset).toBe(100_005);
  });
});
