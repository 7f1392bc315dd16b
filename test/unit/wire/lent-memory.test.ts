import { describe, expect, it } from "vitest";
import { FrameReader } from "../../../runtime/wire/frame-reader.js";
import { HEADER_SIZE, writeHeader } from "../../../runtime/wire/header.js";
import { type Lent, LentMemory } from "../../../runtime/wire/lent-memory.js";
import { PackWriter } from "../../../runtime/wire/pack-writer.js";

const MIB = 1_048_576;

describe("lent memory", () => {
  it("gives what was given back to the next who needs about as much", () => {
    const memory = new LentMemory();
    const first = memory.take(MIB + 1);
    expect(first.length).toBe(2 * MIB);
    memory.give(first);
    expect(memory.take(MIB)).not.toBe(first);
    expect(memory.take(2 * MIB)).toBe(first);
    expect(memory.take(2 * MIB)).not.toBe(first);
  });

  it("keeps 32 MiB at the most", () => {
    const memory = new LentMemory();
    for (const buffer of Array.from({ length: 40 }, () => memory.take(MIB))) memory.give(buffer);
    expect(memory.unusedSize).toBe(32 * MIB);
  });
});

/** A frame whose payload says its type and then has so many bytes. */
function frameOf(type: string, size: number, fill: number): Buffer {
  const writer = new PackWriter();
  writer.mapHeader(2);
  for (const text of ["type", type, "data"]) writer.string(text);
  writer.binary(new Uint8Array(size).fill(fill));
  const payload = writer.bytes();
  const frame = Buffer.alloc(HEADER_SIZE + payload.length);
  writeHeader(new DataView(frame.buffer, frame.byteOffset), 0, payload.length, 0);
  frame.set(payload, HEADER_SIZE);
  return frame;
}

/** Reads a frame in chunks as TLS gives them. */
function readChunked(reader: FrameReader, frame: Buffer) {
  let read: { readonly payload: Buffer; readonly lent: Lent | undefined } | undefined;
  for (let at = 0; at < frame.length; at += 16_384) {
    reader.push(frame.subarray(at, at + 16_384), (_, bytes, from, to, lent) => {
      read = { payload: Buffer.from(bytes.subarray(from, to)), lent };
    });
  }
  return read!;
}

describe("a payload that straddles chunks", () => {
  it("is put together in lent memory where its handler gives that back, else in its own", () => {
    const reader = new FrameReader(undefined, (type) => type === "lent");
    for (const size of [20_000, MIB, 5 * MIB]) {
      for (const [type, fill] of [
        ["lent", 1],
        ["own", 2],
        ["lent", 3],
      ] as const) {
        const frame = frameOf(type, size, fill);
        const { payload, lent } = readChunked(reader, frame);
        expect(payload.equals(frame.subarray(HEADER_SIZE))).toBe(true);
        expect(lent !== undefined).toBe(type === "lent");
      }
    }
  });

  it("is put together in what the one before it gave back", () => {
    const reader = new FrameReader(undefined, () => true);
    const { lent } = readChunked(reader, frameOf("lent", MIB, 1));
    LentMemory.shared.give(lent!);
    expect(readChunked(reader, frameOf("lent", MIB, 2)).lent).toBe(lent);
  });
});
