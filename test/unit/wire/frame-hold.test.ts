import { randomBytes } from "node:crypto";
import { beforeEach, describe, expect, test } from "vitest";
import { FrameBatch } from "../../../runtime/wire/frame-batch.js";
import { SlabPool } from "../../../runtime/wire/slab.js";

/** Large enough to be left where it is. */
const LARGE = 20_000;

let batch: FrameBatch;
beforeEach(() => {
  batch = new FrameBatch(new SlabPool());
  batch.writer.bin = true;
});

function add(...fields: Uint8Array[]): void {
  batch.begin(4);
  for (const field of fields) batch.writer.binary(field);
  batch.end();
}

/** What a batch gives that got these frames and nothing else. */
function written(...frames: Uint8Array[][]): Buffer {
  const plain = new FrameBatch(new SlabPool());
  plain.writer.bin = true;
  for (const frame of frames) {
    plain.begin(4);
    for (const field of frame) plain.writer.binary(field);
    plain.end();
  }
  return Buffer.concat(plain.take());
}

function taken(): Buffer {
  const { size } = batch;
  const bytes = Buffer.concat(batch.take());
  expect(bytes.length).toBe(size);
  return bytes;
}

const [A, B, C] = [Buffer.from("a"), Buffer.from("bb"), Buffer.from("ccc")] as const;

describe("a frame that is held", () => {
  test("is no longer in the batch, and is whole when it is added later", () => {
    add(A);
    add(B);
    const held = batch.takeLast();
    add(C);
    batch.append(held);
    expect(taken()).toEqual(written([A], [C], [B]));
  });

  test("stays what it is while its batch goes on", () => {
    add(B);
    const held = batch.takeLast();
    add(randomBytes(100));
    batch.take();
    batch.written();
    add(randomBytes(100));
    batch.append(held);
    expect(taken().subarray(-written([B]).length)).toEqual(written([B]));
  });

  test("leaves with its neighbours in one piece", () => {
    const held = [A, B, C].map((field) => {
      add(field);
      return batch.takeLast();
    });
    for (const frame of held) batch.append(frame);
    const pieces = batch.take();
    expect(pieces.length).toBe(1);
    expect(Buffer.concat(pieces)).toEqual(written([A], [B], [C]));
  });

  test("keeps large bytes where they are, and those of other frames out of it", () => {
    const [first, second] = [randomBytes(LARGE), randomBytes(LARGE)];
    add(first);
    const { size } = batch;
    add(A, second, B);
    const held = batch.takeLast();
    expect(batch.size).toBe(size);
    expect(held[1]).toBe(second);
    batch.append(held);
    const pieces = batch.take();
    expect(pieces[3]).toBe(second);
    expect(Buffer.concat(pieces).equals(written([first], [A, second, B]))).toBe(true);
  });

  test("with much text before its large bytes goes into an empty batch", () => {
    const [text, large] = [Array.from({ length: 5 }, () => randomBytes(9000)), randomBytes(LARGE)];
    add(...text, large);
    const held = batch.takeLast();
    batch.append(held);
    expect(taken().equals(written([...text, large]))).toBe(true);
  });

  test("holds no memory of its batch", () => {
    add(A);
    batch.takeLast();
    expect(batch.writer.buffer.length).toBe(0);
  });

  test("drops one that is open when it is added", () => {
    add(A);
    const held = batch.takeLast();
    batch.begin(0);
    batch.writer.raw(B);
    batch.append(held);
    expect(taken()).toEqual(written([A]));
  });
});

test.each([
  ["was never begun", () => {}],
  ["is still open", () => batch.begin(0)],
  [
    "was taken already",
    () => {
      add(A);
      batch.take();
    },
  ],
  [
    "was dropped",
    () => {
      batch.begin(0);
      batch.rollback();
    },
  ],
  [
    "was held already",
    () => {
      add(A);
      batch.takeLast();
    },
  ],
])("to hold a frame that %s is a mistake", (_, prepare) => {
  prepare();
  expect(() => batch.takeLast()).toThrow("needs the end()");
});
