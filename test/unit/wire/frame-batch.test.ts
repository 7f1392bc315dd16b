import { randomBytes } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { decompress } from "../../../runtime/wire/compression.js";
import { FrameBatch } from "../../../runtime/wire/frame-batch.js";
import { FrameReader } from "../../../runtime/wire/frame-reader.js";
import { FLAG_COMPRESSED, PAYLOAD_SIZE_MAX } from "../../../runtime/wire/header.js";
import { hex, thrownBy } from "./bytes.js";

let batch: FrameBatch;
beforeEach(() => {
  batch = new FrameBatch();
});

function add(payload: Uint8Array, flags = 0): void {
  batch.begin(flags);
  batch.writer.raw(payload);
  batch.end();
}

function framesIn(bytes: Uint8Array): { flags: number; payload: Buffer }[] {
  const frames: { flags: number; payload: Buffer }[] = [];
  new FrameReader().push(bytes, (flags, bytes, from, to) => {
    const payload = bytes.subarray(from, to);
    frames.push({ flags, payload: Buffer.from(payload) });
  });
  return frames;
}

describe("a batch", () => {
  test("writes header and payload of one frame", () => {
    add(hex("81a16101"), 4);
    expect(bytesOf(batch)).toEqual(hex("524e5001 0100 00000004 0004 81a16101"));
  });

  test("holds several frames, one behind the other", () => {
    add(hex("c0"));
    add(hex("c2c3"), 8);
    expect(batch.size).toBe(27);
    expect(bytesOf(batch)).toEqual(
      hex("524e5001 0100 00000001 0000 c0 524e5001 0100 00000002 0008 c2c3"),
    );
  });

  test("is empty after it was taken, and goes on", () => {
    add(hex("c0"));
    bytesOf(batch);
    expect(batch.size).toBe(0);
    expect(bytesOf(batch).length).toBe(0);
    add(hex("c2"));
    expect(bytesOf(batch)).toEqual(hex("524e5001 0100 00000001 0000 c2"));
  });

  test("never touches again what it handed out", () => {
    const taken: Uint8Array[] = [];
    const copies: Buffer[] = [];
    for (let index = 0; index < 2000; index++) {
      for (let count = 0; count <= index % 3; count++)
        add(Buffer.alloc(1 + ((index * 7) % 900), index));
      const bytes = bytesOf(batch);
      taken.push(bytes);
      copies.push(Buffer.from(bytes));
    }
    expect(taken.every((bytes, index) => copies[index]!.equals(bytes))).toBe(true);
  });

  test("grows within a frame and keeps the frames before it", () => {
    add(hex("c0"));
    const large = randomBytes(300_000);
    add(large);
    add(hex("c3"));
    const [before, frame, after] = framesIn(bytesOf(batch));
    expect([before!.payload, after!.payload]).toEqual([hex("c0"), hex("c3")]);
    expect(large.equals(frame!.payload)).toBe(true);
  });
});

describe("rollback", () => {
  test("drops the open frame and keeps those before it", () => {
    add(hex("c0"));
    batch.begin(0);
    batch.writer.raw(Buffer.alloc(5000));
    batch.rollback();
    expect(batch.size).toBe(13);
    add(hex("c3"));
    expect(framesIn(bytesOf(batch)).map((frame) => frame.payload)).toEqual([hex("c0"), hex("c3")]);
  });

  test("without an open frame does nothing", () => {
    add(hex("c0"));
    batch.rollback();
    expect(batch.size).toBe(13);
  });

  test("happens by itself when the next frame begins, or the batch is taken", () => {
    add(hex("c0"));
    batch.begin(0);
    batch.writer.raw(hex("dead"));
    batch.begin(0);
    batch.writer.raw(hex("c3"));
    batch.end();
    batch.begin(0);
    batch.writer.raw(hex("dead"));
    expect(batch.size).toBe(26);
    expect(framesIn(bytesOf(batch)).map((frame) => frame.payload)).toEqual([hex("c0"), hex("c3")]);
  });
});

describe("the limit of a payload", () => {
  test("is reached by the largest payload", () => {
    add(Buffer.alloc(PAYLOAD_SIZE_MAX, 1));
    expect(framesIn(bytesOf(batch))[0]!.payload.length).toBe(PAYLOAD_SIZE_MAX);
  });

  test.each([1, 100_000])("passed by %d bytes is a fault that leaves no trace", (excess) => {
    add(hex("c0"));
    const fault = thrownBy(() => add(Buffer.alloc(PAYLOAD_SIZE_MAX + excess)));
    expect(fault).toMatchObject({ name: "WireFault", code: "PROTOCOL_ERROR" });
    add(hex("c3"));
    expect(framesIn(bytesOf(batch)).map((frame) => frame.payload)).toEqual([hex("c0"), hex("c3")]);
  });

  test("holds before compression, since the receiver inflates no more than that", () => {
    batch.compression = true;
    expect(thrownBy(() => add(Buffer.alloc(PAYLOAD_SIZE_MAX + 1)))).toMatchObject({
      details: { expected: "a payload of 1 to 16777216 bytes", got: "16777217 bytes" },
    });
  });

  test("stops an encoder that writes without end before memory does", () => {
    batch.begin(0);
    const part = Buffer.alloc(1_000_000);
    const run = () => {
      for (let count = 0; count < 1000; count++) batch.writer.raw(part);
    };
    expect(thrownBy(run)).toMatchObject({ code: "PROTOCOL_ERROR" });
    expect(batch.writer.buffer.length).toBeLessThan(4 * PAYLOAD_SIZE_MAX);
    expect(bytesOf(batch).length).toBe(0);
  });

  test("has a lower end: a frame without a payload is a mistake", () => {
    batch.begin(0);
    expect(thrownBy(() => batch.end())).toMatchObject({ code: "PROTOCOL_ERROR" });
    expect(thrownBy(() => batch.end())).toMatchObject({
      message: expect.stringContaining("begin"),
    });
  });
});

describe("compression", () => {
  const text = Buffer.from("all work and no play makes a dull payload; ".repeat(100));

  test("replaces a payload that it makes smaller, and says so in the flags", () => {
    batch.compression = true;
    add(hex("c0"));
    add(text, 4);
    add(hex("c3"));
    const [before, frame, after] = framesIn(bytesOf(batch));
    expect(frame!.flags).toBe(4 | FLAG_COMPRESSED);
    expect(frame!.payload.length).toBeLessThan(text.length / 10);
    expect(decompress(frame!.payload)).toEqual(text);
    expect([before, after]).toEqual([
      { flags: 0, payload: hex("c0") },
      { flags: 0, payload: hex("c3") },
    ]);
  });

  test.each([
    ["is off", () => text, false, 0],
    ["is on and the payload has 1024 bytes", () => Buffer.alloc(1024), true, 0],
    ["is on and the payload has 1025 bytes", () => Buffer.alloc(1025), true, FLAG_COMPRESSED],
    ["is on and saves nothing", () => randomBytes(4096), true, 0],
    ["is on and the middle of a large payload is dense", () => dense(16_384), true, 0],
    ["is on and the middle of a smaller one is", () => dense(16_383), true, FLAG_COMPRESSED],
  ])("where it %s", (_, payload, isOn, flags) => {
    batch.compression = isOn;
    const bytes = payload();
    add(bytes);
    const [frame] = framesIn(bytesOf(batch));
    expect(frame!.flags).toBe(flags);
    expect(flags === 0 ? frame!.payload : decompress(frame!.payload)).toEqual(bytes);
  });
});

describe("memory", () => {
  test("of a batch that was never used is none", () => {
    expect(batch.writer.buffer.length).toBe(0);
  });

  test("that grew for one large frame is let go once it is taken", () => {
    add(Buffer.alloc(1_000_000));
    bytesOf(batch);
    expect(batch.writer.buffer.length).toBe(0);
  });

  test("shrinks to the size of the writes again after a busy time", () => {
    for (let count = 0; count < 10; count++) {
      add(Buffer.alloc(15_000));
      bytesOf(batch);
    }
    expect(batch.writer.buffer.length).toBe(65_536);
    for (let count = 0; count < 10; count++) {
      add(Buffer.alloc(100));
      bytesOf(batch);
    }
    expect(batch.writer.buffer.length).toBeLessThanOrEqual(16_384);
  });

  test("is asked for once for several small writes", () => {
    const memory = new Set<ArrayBufferLike>();
    for (let count = 0; count < 100; count++) {
      add(Buffer.alloc(200));
      memory.add(bytesOf(batch).buffer);
    }
    expect(memory.size).toBeLessThan(35);
  });
});

/** Zeros around 4096 random bytes. */
function dense(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  randomBytes(4096).copy(bytes, (size - 4096) >>> 1);
  return bytes;
}

/** What waits, which has to be in one piece: as a Buffer, whose equality looks at the bytes only. */
function bytesOf(batch: FrameBatch): Buffer {
  const pieces = batch.take();
  expect(pieces.length).toBeLessThanOrEqual(1);
  const bytes = pieces[0] ?? new Uint8Array(0);
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
