import { describe, expect, it } from "vitest";
import { HeldFrames } from "../../../runtime/core/held-frames.js";
import type { MessageKey } from "../../../runtime/core/message-ids.js";
import { SendCredit } from "../../../runtime/core/send-credit.js";
import { FrameBatch } from "../../../runtime/wire/frame-batch.js";
import { FrameReader } from "../../../runtime/wire/frame-reader.js";

const HEADER_SIZE = 12;
const BATCH = new FrameBatch();

function hold(frames: HeldFrames, key: MessageKey, size: number, needsCredit = true): void {
  BATCH.begin(0);
  BATCH.writer.raw(new Uint8Array(size - HEADER_SIZE).fill(Number(key)));
  BATCH.end();
  frames.hold(BATCH, size, key, needsCredit);
}

/** Keys of the frames that `bytes` of credit let go: each is in the last byte of its frame. */
function released(frames: HeldFrames, bytes: number): number[] {
  const credit = new SendCredit();
  credit.limit(bytes);
  frames.release(credit, BATCH);
  const written = Buffer.concat(BATCH.take());
  if (written.length > 0) BATCH.written();
  const keys: number[] = [];
  new FrameReader().push(written, (_, chunk, __, to) => keys.push(chunk[to - 1]!));
  return keys;
}

describe("frames that wait for credit", () => {
  it("go in their order, until one of them has used it up", () => {
    const frames = new HeldFrames();
    for (const key of [1, 2, 3, 4]) hold(frames, key, 100);
    expect(released(frames, 0)).toEqual([]);
    expect(released(frames, 101)).toEqual([1, 2]);
    expect(frames.size).toBe(200);
    expect(released(frames, 1000)).toEqual([3, 4]);
    expect(frames.isEmpty).toBe(true);
    expect(frames.size).toBe(0);
  });

  it("let those that need none go in their turn, not before", () => {
    const frames = new HeldFrames();
    hold(frames, 1, 100);
    hold(frames, 2, 100, false);
    hold(frames, 3, 100);
    expect(released(frames, 0)).toEqual([]);
    expect(released(frames, 1)).toEqual([1, 2]);
  });

  it("are forgotten one by one, whichever comes first", () => {
    const frames = new HeldFrames();
    for (const key of [1, 2, 3]) hold(frames, key, 100);
    expect(frames.remove(2)).toBe(true);
    expect(frames.remove(2)).toBe(false);
    expect(frames.remove(9)).toBe(false);
    expect(frames.size).toBe(200);
    expect(released(frames, 1000)).toEqual([1, 3]);
    expect(frames.remove(1)).toBe(false);
  });

  it("of one key are all sent; the newest is the one that is forgotten", () => {
    const frames = new HeldFrames();
    for (const size of [100, 200, 300]) hold(frames, 1, size);
    expect(frames.remove(1)).toBe(true);
    expect(frames.size).toBe(300);
    expect(released(frames, 1000)).toEqual([1, 1]);
    expect(frames.size).toBe(0);
  });

  it("are forgotten at the same cost each, however many there are", () => {
    costOf(2000);
    // Sixteen times as many cost about as many times more; a search for each would make that 256.
    expect(costOf(32_000) / costOf(2000)).toBeLessThan(100);
  });
});

/** The best of five: how long it takes to forget `count` frames, those that came last first, in ms. */
function costOf(count: number): number {
  const costs = Array.from({ length: 5 }, () => {
    const frames = new HeldFrames();
    for (let key = 0; key < count; key++) hold(frames, key, 20);
    const startedAt = performance.now();
    for (let key = count - 1; key >= 0; key--) frames.remove(key);
    return performance.now() - startedAt;
  });
  return Math.min(...costs);
}
