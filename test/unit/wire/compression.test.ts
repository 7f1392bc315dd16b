import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { compress, decompress } from "../../../runtime/wire/compression.js";
import { hex, thrownBy } from "./bytes.js";

/*
 * An LZ4 block by hand: a token (high half: literals, low half: match length less 4), the literals,
 * then the distance of the match as u16 little-endian; the last sequence is literals alone.
 */
const BLOCKS = [
  { name: "literals alone", bytes: "05000000 50 68656c6c6f", original: "hello" },
  {
    name: "a match that overlaps itself",
    bytes: "64000000 1f 41 0100 4b 50 4141414141",
    original: "A".repeat(100),
  },
  {
    name: "a match in the middle",
    bytes: "11000000 44 61626364 0400 50 2d2d2d2d2d",
    original: "abcdabcdabcd-----",
  },
];

describe("decompress reads a block made by hand:", () => {
  test.each(BLOCKS)("$name", ({ bytes, original }) => {
    expect(Buffer.from(decompress(hex(bytes))).toString()).toBe(original);
  });
});

describe("compress", () => {
  test("writes the original size as u32 little-endian before the block", () => {
    const compressed = compress(Buffer.alloc(70_000))!;
    expect(compressed.subarray(0, 4)).toEqual(hex("70110100"));
    expect(inflateByHand(compressed.subarray(4))).toEqual(Buffer.alloc(70_000));
  });

  test("declines payloads up to 1024 bytes", () => {
    expect(compress(Buffer.alloc(1024))).toBeUndefined();
    expect(compress(Buffer.alloc(1025))).toBeDefined();
  });

  test("declines a result of nine tenths or more", () => {
    for (let noise = 1600; noise <= 2000; noise += 10) {
      const payload = Buffer.concat([randomBytes(noise), Buffer.alloc(2000 - noise)]);
      const compressed = compress(payload);
      if (compressed !== undefined) expect(compressed.length).toBeLessThan(1800);
      else expect(noise).toBeGreaterThan(1750);
    }
  });

  test("works on a view, and leaves it as it is", () => {
    const memory = Buffer.alloc(5000, "abc");
    const view = memory.subarray(1000, 4000);
    expect(decompress(compress(view)!)).toEqual(view);
    expect(memory).toEqual(Buffer.alloc(5000, "abc"));
  });

  test("and decompress give any payload back", () => {
    const repetitive = fc
      .tuple(fc.uint8Array({ minLength: 1, maxLength: 50 }), fc.integer({ min: 60, max: 4000 }))
      .map(([part, count]) => Buffer.concat(Array.from({ length: count }, () => part)));
    fc.assert(
      fc.property(repetitive, (payload) => {
        const compressed = compress(payload);
        if (compressed !== undefined) expect(payload.equals(decompress(compressed))).toBe(true);
      }),
    );
  });
});

/** A block of five zeros, and the same in a larger memory behind other bytes. */
const ZEROS = "50 0000000000";

const MALFORMED = [
  { name: "nothing", bytes: "" },
  { name: "half a size", bytes: "0500" },
  { name: "a size without a block", bytes: "05000000" },
  { name: "a size of 0", bytes: `00000000 ${ZEROS}` },
  { name: "a size of 16 MiB and 1", bytes: `01000001 ${ZEROS}` },
  { name: "a size of 2 GiB", bytes: `00000080 ${ZEROS}` },
  { name: "the largest size", bytes: `ffffffff ${ZEROS}` },
  { name: "a size over 255 times the block", bytes: `fb050000 ${ZEROS}` },
  { name: "a size that is larger than the result", bytes: `06000000 ${ZEROS}` },
  { name: "a size that is smaller than the result", bytes: `04000000 ${ZEROS}` },
  { name: "a size in big-endian", bytes: `00000005 ${ZEROS}` },
  { name: "a match at distance 0", bytes: "0a000000 11 41 0000 50 4141414141" },
  { name: "a match before the beginning", bytes: "0b000000 11 41 0200 50 4141414141" },
  { name: "literals that run past the end", bytes: "05000000 50 00" },
  { name: "a length that runs past the end", bytes: "ff000000 f0 ffffffff" },
  { name: "a match without a distance", bytes: "0a000000 11 41" },
  { name: "half a distance", bytes: "0a000000 11 41 01" },
];

describe("decompress refuses", () => {
  test.each(MALFORMED)("$name", ({ bytes }) => {
    expect(thrownBy(() => decompress(hex(bytes)))).toMatchObject({
      name: "WireFault",
      code: "PROTOCOL_ERROR",
    });
  });

  test("a claim of 16 MiB in six bytes before it allocates", () => {
    const before = process.memoryUsage();
    for (let count = 0; count < 20; count++) {
      thrownBy(() => decompress(hex(`00000001 ${ZEROS}`)));
    }
    const after = process.memoryUsage();
    expect(
      after.external + after.arrayBuffers - before.external - before.arrayBuffers,
    ).toBeLessThan(1_000_000);
  });

  test("every truncation, and gives no byte of earlier results away", () => {
    const canary = compress(Buffer.alloc(4000, "S"))!;
    const payload = compress(Buffer.from("some text that is worth the work; ".repeat(40)))!;
    for (let size = 0; size < payload.length; size++) {
      decompress(canary);
      const fault = thrownBy(() => decompress(payload.subarray(0, size)));
      expect(fault).toMatchObject({ code: "PROTOCOL_ERROR" });
      expect(JSON.stringify((fault as { details: unknown }).details)).not.toContain("SSSS");
    }
  });

  test("any other bytes with a WireFault, or gives the size that was declared", () => {
    const valid = compress(Buffer.from("0123456789abcdef".repeat(100)))!;
    const flip = fc.tuple(fc.nat({ max: valid.length - 1 }), fc.nat({ max: 255 }));
    fc.assert(
      fc.property(fc.array(flip, { minLength: 1, maxLength: 4 }), (flips) => {
        const payload = Buffer.from(valid);
        for (const [at, byte] of flips) payload[at] = byte;
        try {
          expect(decompress(payload).length).toBe(payload.readUInt32LE());
        } catch (error) {
          expect(error).toMatchObject({ name: "WireFault" });
        }
      }),
      { numRuns: 500 },
    );
  });
});

/** An LZ4 block decoder from the description of the format, to check the library against. */
function inflateByHand(block: Buffer): Buffer {
  const out: number[] = [];
  let at = 0;
  const extended = (half: number): number => {
    let length = half;
    if (half < 15) return length;
    for (let byte = 255; byte === 255; length += byte) byte = block[at++]!;
    return length;
  };
  while (at < block.length) {
    const token = block[at++]!;
    for (let left = extended(token >> 4); left > 0; left--) out.push(block[at++]!);
    if (at >= block.length) break;
    const distance = block.readUInt16LE(at);
    at += 2;
    for (let left = extended(token & 15) + 4; left > 0; left--) out.push(out.at(-distance)!);
  }
  return Buffer.from(out);
}
