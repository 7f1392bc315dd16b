import { Writable } from "node:stream";
import type { TLSSocket } from "node:tls";
import { expect, it } from "vitest";
import { Outflow } from "../../../runtime/net/outflow.js";

/** A socket that finishes the oldest write when it is told to. */
class SlowSocket extends Writable {
  readonly got: string[] = [];
  finish: ((error?: Error) => void) | undefined;

  override _write(bytes: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.got.push(bytes.toString());
    this.finish = done;
  }
}

function opened() {
  const socket = new SlowSocket();
  socket.on("error", () => {});
  let writtenCount = 0;
  const outflow = new Outflow(socket as unknown as TLSSocket, {
    isStalled: false,
    handleWritten() {
      writtenCount += 1;
    },
  });
  const finish = async (error?: Error) => {
    socket.finish?.(error);
    await new Promise(setImmediate);
  };
  return { socket, outflow, finish, writtenCount: () => writtenCount };
}

const pieces = (...texts: string[]) => texts.map((text) => Buffer.from(text));

it("says that a write is done once its last piece is", async () => {
  const { socket, outflow, finish, writtenCount } = opened();
  outflow.write(pieces("a", "b"));
  outflow.write(pieces("c"));
  const counts: number[] = [];
  for (let count = 0; count < 3; count++) {
    await finish();
    counts.push(writtenCount());
  }
  expect(socket.got).toEqual(["a", "b", "c"]);
  expect(counts).toEqual([0, 1, 2]);
});

it("does not call a write done that failed, or that never began", async () => {
  const { socket, outflow, finish, writtenCount } = opened();
  outflow.write(pieces("a"));
  outflow.write(pieces("b"));
  await finish(new Error("the socket broke"));
  socket.destroy();
  outflow.write(pieces("c"));
  await new Promise(setImmediate);
  expect(writtenCount()).toBe(0);
});
