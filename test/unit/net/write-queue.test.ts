import type { TLSSocket } from "node:tls";
import { describe, expect, it } from "vitest";
import { WriteQueue } from "../../../runtime/net/write-queue.js";

const SMALL = 100;
const LARGE = 262_144;

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

function queueOf(socket: SlowSocket, onMoved = () => {}) {
  const queue = new WriteQueue(socket as unknown as TLSSocket, onMoved);
  const push = (size: number) => queue.push(new Uint8Array(size), () => queue.advance());
  return { queue, push };
}

describe("the write queue", () => {
  it("gives small pieces to the socket at once", () => {
    const socket = new SlowSocket();
    const { push } = queueOf(socket);
    for (const size of [SMALL, SMALL + 1, SMALL + 2]) push(size);
    expect(socket.writes).toEqual([SMALL, SMALL + 1, SMALL + 2]);
  });

  it("gives it a large piece only when it has nothing else to write", () => {
    const socket = new SlowSocket();
    const { push } = queueOf(socket);
    push(SMALL);
    push(LARGE);
    expect(socket.writes).toEqual([SMALL]);
    socket.finish();
    expect(socket.writes).toEqual([SMALL, LARGE]);
  });

  it("keeps the order", () => {
    const socket = new SlowSocket();
    const { push } = queueOf(socket);
    const sizes = [LARGE, SMALL, LARGE + 1, LARGE + 2, SMALL + 1, SMALL + 2];
    for (const size of sizes) push(size);
    expect(socket.writes).toEqual([LARGE, SMALL]);
    while (socket.writableLength > 0) socket.finish();
    expect(socket.writes).toEqual(sizes);
  });

  it("counts what waits, wherever it does, and tells when some of it has gone on", () => {
    const socket = new SlowSocket();
    const sizes: number[] = [];
    const { queue, push } = queueOf(socket, () => sizes.push(queue.size));
    push(SMALL);
    push(LARGE);
    expect(queue.size).toBe(SMALL + LARGE);
    socket.finish();
    expect(sizes).toEqual([LARGE]);
    socket.finish();
    expect(queue.size).toBe(0);
  });
});
