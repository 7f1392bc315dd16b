import { encode } from "@msgpack/msgpack";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DEPTH_MAX, scanStructure } from "../../../runtime/wire/scan.js";
import { cutEverywhere, hex, thrownBy } from "./bytes.js";

const VALID = [
  ["nil", "c0"],
  ["false and true", "92 c2 c3"],
  [
    "integers of every form",
    "9a 7f e0 ccff cdffff ceffffffff cfffffffffffffffff d080 d18000 d280000000 d38000000000000000",
  ],
  ["floats of both forms", "92 ca3fc00000 cb3ff8000000000000"],
  ["strings of every form", "94 a161 d90161 da000161 db0000000161"],
  ["bins of every form", "93 c401ff c50001ff c600000001ff"],
  ["arrays of every form", "93 91c0 dc0001c0 dd00000001c0"],
  ["maps of every form", "93 81a161c0 de0001a161c0 df00000001a161c0"],
  ["empty things", "95 a0 c400 90 80 dc0000"],
  ["the same key in two maps", "92 81a161c0 81a161c0"],
  ["the same key in a map and the map within", "81 a161 81 a161 81 a161 c0"],
  ["the same key before and after an inner map", "83 a161 81a162c0 a163 81a162c0 a162 c0"],
  ["keys that differ in size only", "83 a0c0 a161c0 a26161c0"],
  ["an empty key", "81 a0 c0"],
  [
    "keys named like members of every object",
    "82 ab636f6e7374727563746f72 c0 a8746f537472696e67 c0",
  ],
  ["text beyond ASCII", "82 a2c3a9 a3e4b896 a1ff".replace("a1ff", "a4f09f9880 c0")],
] as const;

describe("well-formed:", () => {
  test.each(VALID)("%s", (_, digits) => {
    scanStructure(hex(digits));
  });

  test.each(VALID)("%s, but not when cut or when a byte follows", (_, digits) => {
    const bytes = hex(digits);
    for (const [beginning, rest] of cutEverywhere(bytes)) {
      if (rest!.length === 0) continue;
      expect(thrownBy(() => scanStructure(beginning!))).toMatchObject({ code: "PROTOCOL_ERROR" });
    }
    expect(thrownBy(() => scanStructure(Buffer.concat([bytes, hex("c0")])))).toMatchObject({
      details: { offset: bytes.length, expected: "the end", got: "1 more byte" },
    });
  });

  test("whatever the encoder of a general library writes", () => {
    fc.assert(
      fc.property(fc.object({ maxDepth: 6 }), (value) => {
        fc.pre(!JSON.stringify(value).includes("__proto__"));
        scanStructure(encode(JSON.parse(JSON.stringify(value))));
      }),
    );
  });
});

const MALFORMED: {
  name: string;
  bytes: string;
  offset: number;
  expected?: string;
  got?: string;
}[] = [
  { name: "nothing", bytes: "", offset: 0, expected: "a value", got: "the end" },
  { name: "the unused marker", bytes: "c1", offset: 0, got: "the unused marker 0xc1" },
  {
    name: "the unused marker within",
    bytes: "81 a161 c1",
    offset: 3,
    got: "the unused marker 0xc1",
  },
  { name: "fixext 1", bytes: "d4 01 00", offset: 0, got: "an extension (0xd4)" },
  { name: "fixext 16", bytes: `d8 01 ${"00".repeat(16)}`, offset: 0, got: "an extension (0xd8)" },
  { name: "ext 8", bytes: "c7 01 05 00", offset: 0, got: "an extension (0xc7)" },
  { name: "ext 32 of 4 GiB", bytes: "c9 ffffffff 01", offset: 0, got: "an extension (0xc9)" },
  { name: "a timestamp", bytes: "d6 ff 00000000", offset: 0, got: "an extension (0xd6)" },
  { name: "a timestamp of too many nanoseconds", bytes: "d7 ff fffffffc 00000000", offset: 0 },
  { name: "msgpackr's pointer to itself", bytes: "d6 70 00000000", offset: 0 },
  { name: "msgpackr's record definition", bytes: "d4 72 40 91 a161 01", offset: 0 },
  { name: "a truncated fixext", bytes: "d8", offset: 0 },
  { name: "an integer as key", bytes: "81 01 c0", offset: 1, expected: "a string as key" },
  { name: "nil as key", bytes: "81 c0 c0", offset: 1, expected: "a string as key" },
  { name: "bin as key", bytes: "81 c40161 c0", offset: 1, expected: "a string as key" },
  { name: "an array as key", bytes: "81 90 c0", offset: 1, expected: "a string as key" },
  { name: "a key twice", bytes: "82 a161 c0 a161 c0", offset: 5, got: '"a" again' },
  { name: "a key twice in two forms", bytes: "82 a161 c0 d90161 c0", offset: 6, got: '"a" again' },
  { name: "the empty key twice", bytes: "82 a0 c0 a0 c0", offset: 4, got: '"" again' },
  {
    name: "a key twice around an inner map",
    bytes: "83 a161 81a162c0 a163 80 a161 c0",
    offset: 11,
    got: '"a" again',
  },
  { name: "a key twice in an inner map", bytes: "91 82 a162 c0 a162 c0", offset: 6 },
  { name: "the key __proto__", bytes: "81 a95f5f70726f746f5f5f 80", offset: 1, got: '"__proto__"' },
  { name: "the key __proto__ in another form", bytes: "81 d9095f5f70726f746f5f5f 80", offset: 1 },
  { name: "text that is fffe", bytes: "a2 fffe", offset: 1, expected: "valid UTF-8" },
  { name: "text with a surrogate", bytes: "a3 eda080", offset: 1, expected: "valid UTF-8" },
  { name: "text with an overlong slash", bytes: "a2 c0af", offset: 1, expected: "valid UTF-8" },
  { name: "text whose last character is cut", bytes: "92 a1c3 a1a9", offset: 2 },
  { name: "a key that is no UTF-8", bytes: "81 a1ff c0", offset: 2, expected: "valid UTF-8" },
  {
    name: "an array of 2^25 items in 5 bytes",
    bytes: "dd02000000",
    offset: 5,
    got: "0 for 33554432 items",
  },
  { name: "three of those nested", bytes: "dd02000000 dd02000000 dd02000000", offset: 5 },
  { name: "arrays that fit alone but not together", bytes: "93 92c0c0 92c0c0", offset: 5 },
  { name: "a map of 2^32 - 1 entries", bytes: "dfffffffff", offset: 5 },
  { name: "a map that fits keys but no values", bytes: "82 a0a0a0", offset: 1 },
  {
    name: "a bin of 2 GiB",
    bytes: "c67fffffff",
    offset: 5,
    expected: "2147483647 more bytes",
    got: "0 bytes",
  },
  { name: "a string of 4 GiB", bytes: "dbffffffff", offset: 5, expected: "4294967295 more bytes" },
  { name: "half a length", bytes: "da00", offset: 1, expected: "2 more bytes", got: "1 byte" },
  { name: "half a number", bytes: "cb000000", offset: 1, expected: "8 more bytes", got: "3 bytes" },
  { name: "a byte too many", bytes: "c0 c0", offset: 1, expected: "the end" },
];

describe("malformed:", () => {
  test.each(MALFORMED)("$name", ({ name: _, bytes, ...details }) => {
    expect(thrownBy(() => scanStructure(hex(bytes)))).toMatchObject({
      name: "WireFault",
      code: "PROTOCOL_ERROR",
      details,
    });
  });

  test("the message says where, what was expected and what came", () => {
    expect(thrownBy(() => scanStructure(hex("82 a161 c0 a161 c0")))).toMatchObject({
      message: 'payload at byte 5: expected each key once, got "a" again',
    });
  });

  test("a long key is not repeated", () => {
    const key = "x".repeat(10_000);
    const bytes = mapOf([key, key]);
    const fault = thrownBy(() => scanStructure(bytes)) as Error;
    expect(fault.message.length).toBeLessThan(100);
  });
});

describe("nesting", () => {
  test.each([
    ["arrays", "91", ""],
    ["maps", "81 a0", ""],
    ["arrays and maps by turns", "91 81 a161", ""],
  ])(`of %s is allowed to ${DEPTH_MAX} levels and no further`, (_, opening) => {
    const unit = hex(opening);
    const perUnit = opening.startsWith("91 81") ? 2 : 1;
    const allowed = Buffer.concat([...Array(DEPTH_MAX / perUnit).fill(unit), hex("c0")]);
    scanStructure(allowed);
    const deeper = Buffer.concat([hex("91"), allowed]);
    expect(thrownBy(() => scanStructure(deeper))).toMatchObject({
      code: "PROTOCOL_ERROR",
      details: { expected: "at most 32 levels" },
    });
  });

  test("ends with each container: many beside one another are no depth", () => {
    scanStructure(Buffer.concat([hex("dc0100"), Buffer.alloc(256, 0x90)]));
  });
});

const HOSTILE: [string, Buffer][] = [
  ["2^25 items in 5 bytes", hex("dd02000000")],
  ["the same, nested thrice", hex("dd02000000 dd02000000 dd02000000")],
  ["100,000 nested arrays", Buffer.alloc(100_000, 0x91)],
  ["100,000 nested maps", Buffer.alloc(200_000, hex("81a0"))],
  ["arrays and maps nested by turns", Buffer.alloc(300_000, hex("9181a0"))],
  ["the key __proto__", hex("81a95f5f70726f746f5f5f80")],
  ["a key twice", hex("82a161c0a161c0")],
  ["invalid UTF-8", hex("a2fffe")],
  ["the unused marker", hex("c1")],
  ["a byte behind the end", hex("c0c0")],
  ["a timestamp of too many nanoseconds", hex("d7fffffffffc00000000")],
  ["a map of 2^32 - 1 entries", hex("dfffffffff")],
  ["a bin of 2 GiB", hex("c67fffffff")],
  ["a string of 4 GiB", hex("dbffffffff")],
  ["an extension of 4 GiB", hex("c9ffffffff01")],
];

test.each(HOSTILE)("%s is refused within a millisecond and a megabyte", (_, payload) => {
  const before = process.memoryUsage();
  expect(thrownBy(() => scanStructure(payload))).toMatchObject({ code: "PROTOCOL_ERROR" });
  const after = process.memoryUsage();
  expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(1_000_000);
  expect(after.heapUsed - before.heapUsed).toBeLessThan(1_000_000);
  expect(fastestMs(() => thrownBy(() => scanStructure(payload)))).toBeLessThan(1);
});

describe("time is in proportion to the bytes", () => {
  const sequence = (count: number) => Array.from({ length: count }, (_, index) => index);

  test.each<[string, (count: number) => Buffer]>([
    ["keys that are integers in decimal", (count) => mapOf(sequence(count).map(String))],
    [
      "keys that V8 took for array indices far apart",
      (count) => mapOf(sequence(count).map((n) => String(n * 4096))),
    ],
    [
      "keys with a long common beginning",
      (count) => mapOf(sequence(count / 10).map((n) => "k".repeat(60) + n)),
    ],
    [
      "keys with a long common end",
      (count) => mapOf(sequence(count / 10).map((n) => n + "k".repeat(60))),
    ],
    [
      "many maps of a few keys",
      (count) => arrayOf(sequence(count / 16).map(() => mapOf(sequence(16).map(String)))),
    ],
    [
      "many maps of a few more keys",
      (count) => arrayOf(sequence(count / 20).map(() => mapOf(sequence(20).map(String)))),
    ],
    ["short texts beyond ASCII", (count) => arrayOf(sequence(count).map(() => hex("a2c3a9")))],
  ])("for %s", (_, payloadOf) => {
    const small = payloadOf(10_000);
    const large = payloadOf(100_000);
    const perByte = (payload: Buffer) => fastestMs(() => scanStructure(payload)) / payload.length;
    perByte(small);
    expect(perByte(large)).toBeLessThan(perByte(small) * 4 + 1e-6);
    expect(fastestMs(() => scanStructure(large))).toBeLessThan(200);
  });

  test("and a key twice is found among 100,000", () => {
    const keys = sequence(100_000).map(String);
    const fault = thrownBy(() => scanStructure(mapOf([...keys, "31415"])));
    expect(fault).toMatchObject({ details: { got: '"31415" again' } });
  });
});

test("a scan that failed leaves nothing behind for the next", () => {
  for (const { bytes } of MALFORMED) {
    thrownBy(() => scanStructure(hex(bytes)));
    for (const [, valid] of VALID) scanStructure(hex(valid));
  }
});

test("any bytes pass or give a WireFault", () => {
  const marker = fc.constantFrom(
    0x80,
    0x81,
    0x82,
    0x90,
    0x91,
    0x92,
    0xa0,
    0xa1,
    0xc0,
    0xc4,
    0xd9,
    0xdc,
    0xde,
    0xdf,
  );
  fc.assert(
    fc.property(fc.array(fc.oneof(marker, fc.nat({ max: 255 })), { maxLength: 60 }), (list) => {
      try {
        scanStructure(Uint8Array.from(list));
      } catch (error) {
        expect(error).toMatchObject({ name: "WireFault" });
      }
    }),
    { numRuns: 5000 },
  );
});

function mapOf(keys: string[]): Buffer {
  const head = Buffer.from([0xdf, 0, 0, 0, 0]);
  head.writeUInt32BE(keys.length, 1);
  return Buffer.concat([head, ...keys.map(entryOf)]);
}

/** An ASCII key with nil behind it. */
function entryOf(key: string): Buffer {
  const head = Buffer.from([0xda, key.length >> 8, key.length & 0xff]);
  return Buffer.concat([head, Buffer.from(key), Buffer.from([0xc0])]);
}

function arrayOf(items: Buffer[]): Buffer {
  const head = Buffer.from([0xdd, 0, 0, 0, 0]);
  head.writeUInt32BE(items.length, 1);
  return Buffer.concat([head, ...items]);
}

/** The best of some runs, since the machine has other things to do. */
function fastestMs(run: () => unknown): number {
  let fastest = Number.POSITIVE_INFINITY;
  for (let count = 0; count < 7; count++) {
    const start = performance.now();
    run();
    fastest = Math.min(fastest, performance.now() - start);
  }
  return fastest;
}
