import { randomBytes } from "node:crypto";
import fc from "fast-check";
import { Packr } from "msgpackr";
import { beforeEach, describe, expect, test } from "vitest";
import { FS_REPLICATE } from "../../../generated/messages/fs/replicate.js";
import { decompress } from "../../../runtime/wire/compression.js";
import { encodeData } from "../../../runtime/wire/encode-data.js";
import { FrameBatch } from "../../../runtime/wire/frame-batch.js";
import { FrameReader } from "../../../runtime/wire/frame-reader.js";
import { FLAG_COMPRESSED, HEADER_SIZE, PAYLOAD_SIZE_MAX } from "../../../runtime/wire/header.js";
import { hex, thrownBy } from "./bytes.js";

const packr = new Packr({ useRecords: false, mapsAsObjects: true });
/** The smallest bytes that are not copied. */
const LARGE = 16_384;

let batch: FrameBatch;
beforeEach(() => {
  batch = new FrameBatch();
  batch.writer.bin = true;
});

/** Adds a frame whose payload is an array of binary fields. */
function add(...fields: Uint8Array[]): void {
  batch.begin(0);
  batch.writer.arrayHeader(fields.length);
  for (const field of fields) batch.writer.base64(field);
  batch.end();
}

function framesIn(pieces: readonly Uint8Array[]): { flags: number; payload: Buffer }[] {
  const frames: { flags: number; payload: Buffer }[] = [];
  new FrameReader().push(Buffer.concat(pieces), (flags, bytes, from, to) => {
    frames.push({ flags, payload: Buffer.from(bytes.subarray(from, to)) });
  });
  return frames;
}

function expectFrames(expected: readonly (readonly Uint8Array[])[]): void {
  const { size } = batch;
  const pieces = batch.take();
  expect(pieces.every((piece) => piece.length > 0)).toBe(true);
  expect(pieces.reduce((sum, { length }) => sum + length, 0)).toBe(size);
  const frames = framesIn(pieces).map(({ payload }) => packr.unpack(payload) as Uint8Array[]);
  expect(frames.length).toBe(expected.length);
  frames.forEach((fields, index) => {
    const isSame = (field: Uint8Array, at: number) =>
      Buffer.compare(field, expected[index]![at]!) === 0;
    expect(fields.length).toBe(expected[index]!.length);
    expect(fields.every(isSame)).toBe(true);
  });
}

describe("large bytes", () => {
  test("leave from the memory that they are in, between what is around them", () => {
    const large = randomBytes(LARGE);
    add(large, hex("01"));
    const pieces = batch.take();
    expect(pieces.length).toBe(3);
    expect(pieces[1]).toBe(large);
    expect(pieces[2]).toEqual(hex("c40101"));
  });

  test("that end a batch are its last piece", () => {
    const large = randomBytes(LARGE);
    add(large);
    expect(batch.take().map((piece) => piece.length)).toEqual([HEADER_SIZE + 4, LARGE]);
  });

  test("one byte smaller are copied", () => {
    const bytes = randomBytes(LARGE - 1);
    add(bytes);
    expect(batch.take().length).toBe(1);
  });

  test("that are a view leave without their surroundings", () => {
    const view = randomBytes(3 * LARGE).subarray(LARGE, 2 * LARGE);
    add(view);
    expectFrames([[view]]);
  });

  test("are written as base64 text where bin is not agreed", () => {
    batch.writer.bin = false;
    const large = randomBytes(LARGE);
    add(large);
    const [piece, ...others] = batch.take();
    expect(others).toEqual([]);
    expect(packr.unpack(framesIn([piece!])[0]!.payload)).toEqual([large.toString("base64")]);
  });

  test("are still there once the batch around them has grown", () => {
    const [first, second] = [randomBytes(LARGE), randomBytes(LARGE)];
    const small = Array.from({ length: 100 }, () => randomBytes(9000));
    add(first, ...small);
    add(second);
    expectFrames([[first, ...small], [second]]);
  });

  test("count towards the size of the batch, but not while their frame is open", () => {
    add(hex("01"));
    const before = batch.size;
    batch.begin(0);
    batch.writer.binary(randomBytes(LARGE));
    expect(batch.size).toBe(before);
    batch.end();
    expect(batch.size).toBe(before + HEADER_SIZE + 3 + LARGE);
  });

  test("and small ones, in any order, are read back as they were", () => {
    const sizes = fc.oneof(fc.nat(40), fc.constantFrom(LARGE - 1, LARGE, LARGE + 1, 70_000));
    const frames = fc.array(fc.array(sizes, { maxLength: 5 }), { maxLength: 6 });
    fc.assert(
      fc.property(frames, fc.boolean(), (shapes, compression) => {
        const fields = shapes.map((shape) => shape.map((size) => randomBytes(size)));
        batch.compression = compression;
        for (const frame of fields) add(...frame);
        expectFrames(fields);
      }),
      { numRuns: 50 },
    );
  });
});

describe("a dropped frame", () => {
  test("takes its large bytes along and leaves those before it", () => {
    const [kept, dropped, later] = [randomBytes(LARGE), randomBytes(LARGE), randomBytes(LARGE)];
    add(kept);
    batch.begin(0);
    batch.writer.binary(dropped);
    batch.rollback();
    add(later);
    expectFrames([[kept], [later]]);
  });

  test("with large bytes alone leaves nothing", () => {
    batch.begin(0);
    batch.writer.binary(randomBytes(LARGE));
    expect(batch.take()).toEqual([]);
    add(hex("01"));
    expectFrames([[hex("01")]]);
  });

  test("of a message whose encoder gives up after its large bytes leaves no trace", () => {
    const chunk = { file_id: "f", chunk_id: 0, chunk_data: randomBytes(LARGE), checksum: "wrong" };
    batch.begin(0);
    expect(thrownBy(() => encodeData(FS_REPLICATE, batch.writer, chunk))).toMatchObject({
      name: "WireFault",
    });
    expect(batch.writer.references).toEqual([]);
  });
});

test("a message that the reference path writes again has its large bytes once", () => {
  const chunk = {
    file_id: "f",
    chunk_id: 0,
    chunk_data: randomBytes(LARGE),
    checksum: `sha256:${"0".repeat(64)}`,
  };
  // The encoder gives up at a field that is inherited; the last one is read after the large bytes.
  let reads = 0;
  const odd = Object.defineProperty({ ...chunk }, "checksum", {
    enumerable: true,
    get: () => (++reads === 1 ? "" : chunk.checksum),
  });
  batch.begin(0);
  encodeData(FS_REPLICATE, batch.writer, odd);
  batch.end();
  expect(packr.unpack(framesIn(batch.take())[0]!.payload)).toEqual(chunk);
});

test("large bytes that are taken back leave room for others", () => {
  const large = Buffer.alloc(10_000_000);
  batch.begin(0);
  const { offset } = batch.writer;
  batch.writer.binary(large);
  batch.writer.rewind(offset);
  batch.writer.binary(large);
  batch.end();
  expect(batch.size).toBe(HEADER_SIZE + 5 + large.length);
});

describe("the limit of a payload", () => {
  /** The head of an array of one and that of its bytes. */
  const HEADS_SIZE = 6;

  test("is reached with large bytes", () => {
    add(Buffer.alloc(PAYLOAD_SIZE_MAX - HEADS_SIZE));
    expect(batch.size).toBe(HEADER_SIZE + PAYLOAD_SIZE_MAX);
  });

  test.each([1, 100_000])("passed by %d is a fault that leaves no trace", (excess) => {
    add(hex("01"));
    const large = Buffer.alloc(PAYLOAD_SIZE_MAX - HEADS_SIZE + excess);
    expect(thrownBy(() => add(large))).toMatchObject({ code: "PROTOCOL_ERROR" });
    add(hex("02"));
    expectFrames([[hex("01")], [hex("02")]]);
  });

  test("stops an encoder that refers to bytes without end", () => {
    const part = Buffer.alloc(1_000_000);
    batch.begin(0);
    const run = () => {
      for (let count = 0; count < 1000; count++) batch.writer.binary(part);
    };
    expect(thrownBy(run)).toMatchObject({ code: "PROTOCOL_ERROR" });
    expect(batch.writer.references.length).toBe(16);
  });

  test("counts small parts behind large bytes as well", () => {
    batch.begin(0);
    batch.writer.binary(Buffer.alloc(PAYLOAD_SIZE_MAX - 100_000));
    const run = () => {
      for (let count = 0; count < 1000; count++) batch.writer.raw(Buffer.alloc(1000));
    };
    expect(thrownBy(run)).toMatchObject({ code: "PROTOCOL_ERROR" });
  });
});

describe("compression of large bytes", () => {
  const text = Buffer.from("all work and no play makes a dull payload; ".repeat(1000));

  beforeEach(() => {
    batch.compression = true;
  });

  test("happens where a sample of them says that it pays", () => {
    add(hex("01"), text);
    add(hex("02"));
    const [frame, after] = framesIn(batch.take());
    expect(frame!.flags).toBe(FLAG_COMPRESSED);
    expect(frame!.payload.length).toBeLessThan(text.length / 10);
    expect(packr.unpack(Buffer.from(decompress(frame!.payload)))).toEqual([hex("01"), text]);
    expect(packr.unpack(after!.payload)).toEqual([hex("02")]);
  });

  test("does not where the sample cannot be made smaller, and they are not copied", () => {
    const large = Buffer.concat([text, randomBytes(2 * text.length), text]);
    add(large);
    expect(batch.take()[1]).toBe(large);
  });

  test("does not where the sample promised too much", () => {
    const large = Buffer.concat([randomBytes(LARGE), text.subarray(0, 1000), randomBytes(LARGE)]);
    add(large);
    expect(batch.take()[1]).toBe(large);
  });

  test("looks at the largest", () => {
    add(randomBytes(LARGE), text, randomBytes(LARGE));
    expect(framesIn(batch.take())[0]!.flags).toBe(FLAG_COMPRESSED);
  });

  test("gives a frame after one with large bytes what it is due", () => {
    add(randomBytes(LARGE));
    add(Buffer.alloc(2000));
    expect(framesIn(batch.take()).map(({ flags }) => flags)).toEqual([0, FLAG_COMPRESSED]);
  });

  test("does not copy a result that is large itself", () => {
    const large = Buffer.concat(
      Array.from({ length: 40 }, () => Buffer.concat([randomBytes(500), text.subarray(0, 500)])),
    );
    add(large);
    add(hex("01"));
    const pieces = batch.take();
    expect(pieces.length).toBe(3);
    const [frame, after] = framesIn(pieces);
    expect(packr.unpack(Buffer.from(decompress(frame!.payload)))).toEqual([large]);
    expect(packr.unpack(after!.payload)).toEqual([hex("01")]);
  });
});

test("a batch that gave large bytes away knows of them no more", () => {
  add(randomBytes(LARGE));
  batch.take();
  expect([batch.size, batch.writer.referencedSize, batch.writer.references]).toEqual([0, 0, []]);
  add(hex("01"));
  expectFrames([[hex("01")]]);
});
