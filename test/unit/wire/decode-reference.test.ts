import { encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { decodePlain } from "../../../runtime/wire/decode-plain.js";
import { decodeReference } from "../../../runtime/wire/decode-reference.js";
import { hex, thrownBy } from "./bytes.js";

describe("the reference decoder reads", () => {
  test.each<[string, string, unknown]>([
    ["nil", "c0", null],
    ["booleans", "92c2c3", [false, true]],
    ["the safe integers", "92 cf001fffffffffffff d3ffe0000000000001", [2 ** 53 - 1, 1 - 2 ** 53]],
    [
      "2^53 as a number, which it is exactly",
      "92 cf0020000000000000 d3ffe0000000000000",
      [2 ** 53, -(2 ** 53)],
    ],
    ["2^53 + 1 as a bigint", "91 cf0020000000000001", [2n ** 53n + 1n]],
    [
      "the largest integers as bigints",
      "92 cfffffffffffffffff d38000000000000000",
      [2n ** 64n - 1n, -(2n ** 63n)],
    ],
    [
      "small integers in long forms",
      "93 cf0000000000000005 ce00000005 d3ffffffffffffffff",
      [5, 5, -1],
    ],
    ["floats", "93 ca3fc00000 cb3ff8000000000000 cb8000000000000000", [1.5, 1.5, -0]],
    ["text", "92 a2c3a9 d904f09f9880", ["é", "😀"]],
    ["maps as objects", "82 a161 81a162c0 a163 90", { a: { b: null }, c: [] }],
    ["integers where msgpackr would see records", "94 40 41 7f 72", [0x40, 0x41, 0x7f, 0x72]],
    [
      "keys named like members of every object",
      "82 ab636f6e7374727563746f72 01 a8746f537472696e67 02",
      { constructor: 1, toString: 2 },
    ],
  ])("%s", (_, digits, value) => {
    const payload = hex(digits);
    expect(decodeReference(payload)).toStrictEqual(value);
    expect(decodeReference(new Uint8Array(payload))).toStrictEqual(value);
    expect(decodePlain(payload)).toStrictEqual(value);
  });

  test("bin as a view on the payload", () => {
    const payload = hex("82 a161 c403010203 a162 c400");
    const { a, b } = decodeReference(payload) as { a: Uint8Array; b: Uint8Array };
    expect([[...a], [...b]]).toEqual([[1, 2, 3], []]);
    expect(a.buffer).toBe(payload.buffer);
  });

  test("a payload in the middle of a chunk", () => {
    const chunk = hex("ffffff 81a161a162 ffff");
    expect(decodeReference(chunk.subarray(3, 8))).toEqual({ a: "b" });
  });

  test("what a general library wrote, to an equal value", () => {
    const text = fc.string({ unit: "binary", maxLength: 80 });
    const value = fc.object({
      maxKeys: 4,
      maxDepth: 3,
      key: text,
      values: [text, fc.maxSafeInteger(), fc.double(), fc.boolean(), fc.constant(null)],
    });
    fc.assert(
      fc.property(value, (object) => {
        fc.pre(!JSON.stringify(object).includes("__proto__"));
        const wellFormed = JSON.parse(Buffer.from(JSON.stringify(object)).toString());
        expect(decodeReference(encode(wellFormed))).toEqual(wellFormed);
        expect(decodePlain(encode(wellFormed))).toEqual(wellFormed);
      }),
    );
  });
});

describe("a byte order mark", () => {
  test.each([1, 60, 62, 70, 300, 70_000])("before %d more characters is kept", (length) => {
    for (const char of ["x", "é"]) {
      const text = `\ufeff${char.repeat(length)}`;
      expect(decodeReference(encode({ text, list: [text] }))).toEqual({ text, list: [text] });
    }
  });

  test("makes a key another key", () => {
    const key = "é".repeat(40);
    const map = { [key]: 1, [`\ufeff${key}`]: 2 };
    expect(decodeReference(encode(map))).toEqual(map);
  });
});

test("both ways to decode agree on whatever is well-formed", () => {
  const marker = fc.constantFrom(
    0x81,
    0x82,
    0x91,
    0x92,
    0xa1,
    0xa2,
    0xc4,
    0xcb,
    0xcf,
    0xd3,
    0xd9,
    0xdc,
    0xde,
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(marker, fc.nat({ max: 255 })), { maxLength: 24 }), (list) => {
      const payload = Buffer.from([0xdc, 0, 1, ...list]);
      let value: unknown;
      try {
        value = decodeReference(payload);
      } catch {
        return;
      }
      expect(decodePlain(payload)).toStrictEqual(value);
    }),
    { numRuns: 20_000 },
  );
});

describe("the reference decoder refuses", () => {
  test.each([
    ["2^25 items in 5 bytes", hex("dd02000000")],
    ["the same, nested thrice", hex("dd02000000 dd02000000 dd02000000")],
    ["100,000 nested arrays", Buffer.alloc(100_000, 0x91)],
    ["the key __proto__", hex("81 a95f5f70726f746f5f5f 81a161c3")],
    ["a key twice", hex("82 a161 01 a161 02")],
    ["invalid UTF-8", hex("a2fffe")],
    ["the unused marker", hex("c1")],
    ["a byte behind the end", hex("c0c0")],
    ["a timestamp", hex("d7fffffffffc00000000")],
    ["msgpackr's pointer to itself", hex("91 d670 00000000")],
    ["msgpackr's record definition", hex("d47240 91a161 01")],
    ["msgpackr's bundled strings", hex("d662 00000010 a0a0")],
  ])("%s", (_, payload) => {
    expect(thrownBy(() => decodeReference(payload))).toMatchObject({
      name: "WireFault",
      code: "PROTOCOL_ERROR",
    });
  });

  test("whatever it does not read, with a WireFault, and stays as it was", () => {
    const valid = encode({ type: "ping", data: { list: [1, "two", null], text: "é" } });
    const flip = fc.tuple(fc.nat({ max: valid.length - 1 }), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(fc.array(flip, { minLength: 1, maxLength: 3 }), (flips) => {
        const payload = Uint8Array.from(valid);
        for (const [at, byte] of flips) payload[at] = byte;
        try {
          decodeReference(payload);
        } catch (error) {
          expect(error).toMatchObject({ name: "WireFault" });
        }
        expect(decodeReference(valid)).toMatchObject({ type: "ping" });
        expect(Object.keys(Object.prototype)).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });
});

test.each([1, 4096, 99_999_989])("100,000 keys %d apart are decoded in linear time", (step) => {
  const payloadOf = (count: number) =>
    encode(Object.fromEntries(Array.from({ length: count }, (_, n) => [n * step, 0])));
  const perKeyMs = (count: number) => {
    const payload = payloadOf(count);
    const start = performance.now();
    expect(Object.keys(decodeReference(payload) as object).length).toBe(count);
    return (performance.now() - start) / count;
  };
  perKeyMs(10_000);
  expect(perKeyMs(100_000)).toBeLessThan(0.01);
});
