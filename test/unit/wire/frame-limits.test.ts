import { describe, expect, test } from "vitest";
import { FrameReader } from "../../../runtime/wire/frame-reader.js";
import { TYPE_AHEAD_SIZE_MAX, typeAhead } from "../../../runtime/wire/type-ahead.js";
import { byteByByte, cutEverywhere, hex, thrownBy } from "./bytes.js";

const LIMIT = 100;
const LONGEST_NAME = "n".repeat(127);
const KNOWN: ReadonlyMap<string, number> = new Map([
  ["ping", LIMIT],
  [LONGEST_NAME, LIMIT],
  ["mesh.query.with_a_name_of_many_characters", LIMIT],
]);

function limited(): FrameReader {
  return new FrameReader((type) => KNOWN.get(type));
}

/** A frame whose header declares `size`, up to where its payload has been written. */
function declaring(size: number, beginning: Uint8Array, flags = 0): Buffer {
  const header = hex("524e5001 0100 00000000 0000");
  header.writeUInt32BE(size, 6);
  header.writeUInt16BE(flags, 10);
  return Buffer.concat([header, beginning]);
}

function payloadOf(type: string, size = 0): Buffer {
  const name = Buffer.from(type);
  const head = name.length < 32 ? [0xa0 | name.length] : [0xd9, name.length];
  const beginning = Buffer.concat([hex("85 a474797065"), Buffer.from(head), name]);
  return Buffer.concat([beginning, Buffer.alloc(Math.max(0, size - beginning.length), 0xc0)]);
}

function ignore(): void {}

describe.each([...KNOWN.keys()])("a frame of the type %s that declares too much", (type) => {
  const beginning = declaring(10_485_760, payloadOf(type));

  test("is refused as soon as the type is there, wherever it is cut", () => {
    for (const [first, second] of cutEverywhere(beginning)) {
      const reader = limited();
      const push = () => {
        reader.push(first!, () => expect.unreachable());
        reader.push(second!, () => expect.unreachable());
      };
      expect(thrownBy(push)).toMatchObject({
        code: "PROTOCOL_ERROR",
        message: `${type}: expected a payload of at most 100 bytes, got 10485760 bytes`,
        details: {
          expected: "a payload of at most 100 bytes",
          got: "10485760 bytes",
          message_type: type,
        },
      });
    }
  });

  test("is refused with the last byte of the type, when bytes come one at a time", () => {
    const reader = limited();
    const bytes = byteByByte(beginning);
    for (const byte of bytes.slice(0, -1)) reader.push(byte, ignore);
    expect(thrownBy(() => reader.push(bytes.at(-1)!, ignore))).toMatchObject({
      code: "PROTOCOL_ERROR",
    });
  });

  test("is refused before what came with the type is kept", () => {
    const more = Buffer.concat([beginning, Buffer.alloc(60_000)]);
    const before = process.memoryUsage().arrayBuffers;
    for (let at = 0; at <= beginning.length; at++) {
      const reader = limited();
      const push = () => {
        reader.push(more.subarray(0, at), ignore);
        reader.push(more.subarray(at), ignore);
      };
      expect(thrownBy(push)).toMatchObject({ code: "PROTOCOL_ERROR" });
      expect(reader.pendingSize).toBeLessThan(beginning.length);
    }
    // Small buffers come from pools of Node; what came with the type would be 60 kB for each cut.
    const grown = process.memoryUsage().arrayBuffers - before;
    expect(grown).toBeLessThan(10_000 * beginning.length + 2 * Buffer.poolSize);
  });

  test("costs the frames before it nothing, and is final", () => {
    const reader = limited();
    const good = declaring(1, hex("c0"));
    const sizes: number[] = [];
    const push = () =>
      reader.push(Buffer.concat([good, good, beginning]), (_flags, _bytes, from, to) => {
        sizes.push(to - from);
      });
    const fault = thrownBy(push);
    expect(sizes).toEqual([1, 1]);
    expect(thrownBy(() => reader.push(good, ignore))).toBe(fault);
  });
});

/** Pushes a frame in two pieces; how many come out. */
function countOf(frame: Uint8Array, at: number, limitOf = KNOWN): number {
  const reader = new FrameReader((type) => limitOf.get(type));
  let count = 0;
  reader.push(frame.subarray(0, at), () => count++);
  reader.push(frame.subarray(at), () => count++);
  expect(reader.pendingSize).toBe(0);
  return count;
}

describe("a frame is taken, wherever it is cut,", () => {
  const over = payloadOf("ping", LIMIT + 1);
  const cases: readonly [string, Buffer][] = [
    ["when it is as large as its type allows", declaring(LIMIT, payloadOf("ping", LIMIT))],
    ["when no limit is known of its type", declaring(201, payloadOf("later", 201))],
    ["when it is compressed", declaring(over.length, over, 1)],
    ["when it is encrypted", declaring(over.length, over, 2)],
    [
      "when its type is not in front",
      declaring(201, Buffer.concat([hex("82 a26964 c0"), payloadOf("ping", 197).subarray(1)])),
    ],
    ["when it is no map", declaring(201, Buffer.alloc(201, 0xc0))],
    ["when its type is no text", declaring(201, payloadOf("ping", 201).fill(0xc0, 6, 7))],
  ];
  test.each(cases)("%s", (_name, frame) => {
    for (let at = 0; at <= frame.length; at++) expect(countOf(frame, at)).toBe(1);
  });
});

test("a frame that is there whole is handed on, whatever its type allows", () => {
  const frame = declaring(LIMIT + 1, payloadOf("ping", LIMIT + 1));
  let count = 0;
  limited().push(frame, () => count++);
  expect(count).toBe(1);
});

test("each frame is judged by its own type", () => {
  const small = declaring(LIMIT, payloadOf("ping", LIMIT));
  const large = declaring(5000, payloadOf("later", 5000));
  const stream = Buffer.concat([small, large, small, large]);
  const reader = limited();
  let count = 0;
  for (let at = 0; at < stream.length; at += 50) {
    reader.push(stream.subarray(at, at + 50), () => count++);
  }
  expect(count).toBe(4);
  const oversized = declaring(LIMIT + 1, payloadOf("ping"));
  expect(thrownBy(() => reader.push(oversized, ignore))).toMatchObject({ code: "PROTOCOL_ERROR" });
});

describe("the first bytes of a payload", () => {
  test("tell the type with its last byte and not before", () => {
    for (const type of KNOWN.keys()) {
      const bytes = payloadOf(type);
      for (let to = 0; to < bytes.length; to++) expect(typeAhead(bytes, 0, to)).toBeUndefined();
      expect(typeAhead(bytes, 0, bytes.length)).toBe(type);
    }
    expect(payloadOf(LONGEST_NAME).length).toBe(TYPE_AHEAD_SIZE_MAX);
  });

  test("tell that they do not name it as soon as they differ", () => {
    for (const digits of ["c0", "de", "85a5", "85a47478", "85a474797065c0", "85a474797065d980"]) {
      const bytes = hex(digits);
      expect(typeAhead(bytes, 0, bytes.length)).toBe("");
    }
  });
});
