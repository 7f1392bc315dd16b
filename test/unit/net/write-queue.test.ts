import type { TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import { Turn } from "../../../runtime/net/turn.js";
import { WriteQueue } from "../../../runtime/net/write-queue.js";

const SMALL = 100;
const SLICE = 131_072;
const LARGE = 3 * SLICE + 1;

/** A socket that has written nothing until it is told to. */
class SlowSocket {
  readonly writes: number[] = [];
  writableLength = 0;
  readonly #written: (() => void)[] = [];

  write({ length }: Uint8Array, written: () => void): void {
    this.writes.push(length);
    this.writableLength += length;
    this.#written.push(written);
  }

  /** All that it has been given is written. */
  finish(): void {
    this.writableLength = 0;
    for (const written of this.#written.splice(0)) written();
  }
}

function queueOf(socket: SlowSocket, { turn = new Turn(1e9, 1e9), onMoved = () => {} } = {}) {
  const queue = new WriteQueue(socket as unknown as TLSSocket, onMoved, turn);
  const written: number[] = [];
  const push = (size: number) => {
    queue.push(new Uint8Array(size), () => {
      written.push(size);
      queue.advance();
    });
  };
  return { queue, push, written };
}

describe("the write queue", () => {
  it("gives small pieces to the socket at once", () => {
    const socket = new SlowSocket();
    const { push } = queueOf(socket);
    for (const size of [SMALL, SMALL + 1, SMALL + 2]) push(size);
    expect(socket.writes).toEqual([SMALL, SMALL + 1, SMALL + 2]);
  });

  it("gives it bulk only when it has nothing else to write, and in slices", () => {
    const socket = new SlowSocket();
    const { push, written } = queueOf(socket);
    push(SMALL);
    push(LARGE);
    for (const expected of [[SMALL], [SLICE], [SLICE], [SLICE, 1]]) {
      expect(socket.writes.splice(0)).toEqual(expected);
      expect(written).not.toContain(LARGE);
      socket.finish();
    }
    expect(written).toEqual([SMALL, LARGE]);
  });

  it("keeps the order", () => {
    const socket = new SlowSocket();
    const { push, written } = queueOf(socket);
    const sizes = [LARGE, SMALL, LARGE + 1, SLICE, SMALL + 1, SMALL + 2];
    for (const size of sizes) push(size);
    while (socket.writableLength > 0) socket.finish();
    expect(written).toEqual(sizes);
    expect(socket.writes.reduce((sum, size) => sum + size)).toBe(sizes.reduce((a, b) => a + b));
  });

  it("counts what waits, wherever it does, and tells when some of it has gone on", () => {
    const socket = new SlowSocket();
    const sizes: number[] = [];
    const { queue, push } = queueOf(socket, { onMoved: () => sizes.push(queue.size) });
    push(SMALL);
    push(SLICE);
    expect(queue.size).toBe(SMALL + SLICE);
    socket.finish();
    expect(sizes).toEqual([SLICE]);
    socket.finish();
    expect(queue.size).toBe(0);
  });

  it("leaves bulk to a later turn of the event loop once this one has had its share", async () => {
    const socket = new SlowSocket();
    const { push } = queueOf(socket, { turn: new Turn(SLICE, SLICE) });
    push(SLICE);
    push(SLICE);
    push(SMALL);
    socket.finish();
    expect(socket.writes).toEqual([SLICE]);
    await new Promise(setImmediate);
    expect(socket.writes).toEqual([SLICE, SLICE, SMALL]);
  });
});
