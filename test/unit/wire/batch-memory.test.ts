import fc from "fast-check";
import { beforeEach, describe, expect, test } from "vitest";
import { FrameBatch } from "../../../runtime/wire/frame-batch.js";
import { HEADER_SIZE } from "../../../runtime/wire/header.js";
import { SLAB_SIZE_MIN, Slab, SlabPool } from "../../../runtime/wire/slab.js";
import { hex } from "./bytes.js";

let pool: SlabPool;
let batch: FrameBatch;
beforeEach(() => {
  pool = new SlabPool();
  batch = new FrameBatch(pool);
});

function add(size: number, fill = 0): void {
  batch.begin(0);
  batch.writer.raw(Buffer.alloc(size, fill));
  batch.end();
}

/** Takes a write of one frame and says in which memory it is. */
function memoryOf(size: number): ArrayBufferLike {
  add(size);
  return batch.take()[0]!.buffer;
}

describe("memory that was written", () => {
  test("is used again at once", () => {
    const memory = new Set<ArrayBufferLike>();
    for (let count = 0; count < 1000; count++) {
      memory.add(memoryOf(200));
      batch.written();
    }
    expect(memory.size).toBe(1);
  });

  test("is used again where several writes are always under way", () => {
    const memory = new Set<ArrayBufferLike>();
    for (let count = 0; count < 1000; count++) {
      memory.add(memoryOf(3000));
      if (count >= 3) batch.written();
    }
    expect(memory.size).toBeLessThan(8);
  });

  test("is used again by another connection", () => {
    const memory = memoryOf(200);
    batch.written();
    batch = new FrameBatch(pool);
    expect(memoryOf(200)).toBe(memory);
  });

  test("is not used again by another connection while a part of it waits to be written", () => {
    const memory = memoryOf(200);
    memoryOf(200);
    batch.written();
    batch = new FrameBatch(pool);
    expect(memoryOf(200)).not.toBe(memory);
  });

  test("is not held by a connection that is idle", () => {
    for (const size of [100, 1000, 10_000, 60_000, 1_000_000, 10, 100]) {
      memoryOf(size);
      batch.written();
      expect(batch.writer.buffer.length).toBe(0);
    }
  });

  test("is not held by a connection whose only message was dropped", () => {
    memoryOf(100);
    batch.written();
    batch.begin(0);
    batch.writer.raw(Buffer.alloc(9000));
    batch.rollback();
    expect(batch.writer.buffer.length).toBe(0);
  });

  test("stays where it is while frames in it wait to be taken", () => {
    memoryOf(100);
    add(100, 7);
    batch.written();
    add(100, 8);
    const [bytes] = batch.take();
    expect(bytes!.subarray(HEADER_SIZE, HEADER_SIZE + 100)).toEqual(new Uint8Array(100).fill(7));
    expect(bytes!.length).toBe(2 * (HEADER_SIZE + 100));
  });

  test("is used again once a peer that read slowly has caught up", () => {
    for (let count = 0; count < 100; count++) memoryOf(3000);
    for (let count = 0; count < 100; count++) batch.written();
    const memory = memoryOf(3000);
    batch.written();
    expect(memoryOf(3000)).toBe(memory);
  });

  test("that grew past the largest slab is not kept", () => {
    memoryOf(1_000_000);
    batch.written();
    expect(pool.freeSize).toBeLessThanOrEqual(4096);
  });
});

test("a dropped frame leaves a batch in its memory while a part of that waits to be written", () => {
  const memory = memoryOf(100);
  batch.begin(0);
  batch.rollback();
  expect(memoryOf(100)).toBe(memory);
});

test("to say more often that something was written than it was taken is a mistake", () => {
  expect(() => batch.written()).toThrow("take()");
  memoryOf(1);
  batch.written();
  expect(() => batch.written()).toThrow("take()");
});

test("an empty take is none that is written", () => {
  batch.take();
  expect(() => batch.written()).toThrow("take()");
});

test("a caller that never says what was written gets fresh memory, and keeps little of the old", () => {
  const writes = Array.from({ length: 500 }, (_, index) => {
    add(1000, index);
    return batch.take()[0]!;
  });
  const isWhole = (bytes: Uint8Array, index: number) =>
    bytes.subarray(HEADER_SIZE).every((byte) => byte === (index & 0xff));
  expect(writes.every(isWhole)).toBe(true);
  expect(pool.freeSize).toBe(0);
});

describe("a pool", () => {
  test("gives the slab back that it was given last", () => {
    const [first, second] = [pool.take(4096), pool.take(4096)];
    pool.give(first);
    pool.give(second);
    expect(pool.take(4096)).toBe(second);
    expect(pool.take(4096)).toBe(first);
    expect(pool.take(4096).buffer.length).toBe(4096);
  });

  test("keeps sizes apart", () => {
    pool.give(Slab.ofSize(65_536));
    expect(pool.take(32_768).buffer.length).toBe(32_768);
    expect(pool.freeSize).toBe(65_536);
  });

  test("holds two mebibytes at most", () => {
    for (let count = 0; count < 100; count++) pool.give(Slab.ofSize(65_536));
    expect(pool.freeSize).toBe(2 * 1024 * 1024);
  });

  test.each([0, 2048, 5000, 131_072])("does not keep a slab of %d bytes", (size) => {
    pool.give(Slab.ofSize(size));
    expect(pool.freeSize).toBe(0);
  });

  test("counts what it gives", () => {
    pool.give(Slab.ofSize(SLAB_SIZE_MIN));
    pool.take(SLAB_SIZE_MIN);
    expect(pool.freeSize).toBe(0);
  });
});

/** A connection whose socket writes when it is told to; keeps what each write has to be then. */
class Writing {
  readonly batch: FrameBatch;
  readonly #waiting: Buffer[] = [];
  readonly #unwritten: { pieces: readonly Uint8Array[]; expected: Buffer }[] = [];

  constructor(slabs: SlabPool) {
    this.batch = new FrameBatch(slabs);
    this.batch.writer.bin = true;
  }

  /** Adds a frame of copied bytes, and of referenced ones where `large` is not 0. */
  add(copied: Buffer, large: Buffer): void {
    this.#open(copied, large);
    this.batch.end();
    const header = hex("524e5001 0100 00000000 0000");
    const payload = Buffer.concat([copied, large]);
    header.writeUInt32BE(payload.length, 6);
    this.#waiting.push(header, payload);
  }

  drop(copied: Buffer, large: Buffer): void {
    this.#open(copied, large);
    this.batch.rollback();
  }

  take(): void {
    const expected = Buffer.concat(this.#waiting.splice(0));
    expect(this.batch.size).toBe(expected.length);
    const pieces = this.batch.take();
    if (expected.length === 0) expect(pieces).toEqual([]);
    else this.#unwritten.push({ pieces, expected });
  }

  written(): void {
    const oldest = this.#unwritten.shift();
    if (oldest === undefined) return;
    expect(Buffer.concat(oldest.pieces).equals(oldest.expected)).toBe(true);
    this.batch.written();
  }

  #open(copied: Buffer, large: Buffer): void {
    this.batch.begin(0);
    this.batch.writer.raw(copied);
    if (large.length > 0) this.batch.writer.refer(large);
  }
}

const SIZES = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.constantFrom(900, 4000, 4096, 9000, 30_000, 70_000, 140_000),
);
const STEP = fc.record({
  on: fc.nat(1),
  does: fc.constantFrom("add", "add", "drop", "take", "take", "written", "written", "written"),
  copied: SIZES,
  large: fc.constantFrom(0, 0, 20_000),
} as const);

test("bytes that were taken are as they were until they have been written, whatever happens", () => {
  let fill = 0;
  const next = (size: number) => Buffer.alloc(size, ++fill);
  fc.assert(
    fc.property(fc.array(STEP, { maxLength: 120, size: "max" }), (steps) => {
      const slabs = new SlabPool();
      const writings = [new Writing(slabs), new Writing(slabs)];
      for (const { on, does, copied, large } of steps) {
        const writing = writings[on]!;
        if (does === "add" || does === "drop") writing[does](next(copied), next(large));
        else writing[does]();
      }
      for (const writing of writings) {
        writing.take();
        for (let count = 0; count < steps.length; count++) writing.written();
        expect(writing.batch.writer.buffer.length).toBe(0);
      }
    }),
    { numRuns: 300 },
  );
});
