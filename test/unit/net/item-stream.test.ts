import { describe, expect, it } from "vitest";
import { RnpError } from "../../../runtime/core/error.js";
import {
  type ItemSink,
  ItemStream,
  itemCreditFor,
  type StreamControls,
} from "../../../runtime/net/item-stream.js";
import { failure } from "../../support/link-pair.js";

const LOST = new RnpError("UNAVAILABLE", "the connection was lost", { outcome: "unknown" });
const DONE = { done: true, value: undefined };

/** A producer that sends what a test says, and knows what its reader did. */
class Source implements StreamControls {
  sink!: ItemSink;
  /** Items that it may still send. */
  credit = 0;
  sent = 0;
  cancelCount = 0;
  openCount = 0;

  open(sink: ItemSink, itemCredit: number): this {
    this.openCount += 1;
    this.sink = sink;
    this.credit = itemCredit;
    return this;
  }

  grant(count: number): void {
    this.credit += count;
  }

  cancel(): void {
    this.cancelCount += 1;
  }

  /** Sends as much as it may. */
  send(): void {
    for (; this.credit > 0; this.credit--) {
      this.sent += 1;
      this.sink.item(this.sent);
    }
  }
}

function opened(itemCredit = 8) {
  const source = new Source();
  const stream = new ItemStream<number>(itemCredit, (sink, count) => source.open(sink, count));
  return { source, stream };
}

describe("the items of a stream", () => {
  it("are asked for with the first next(), not before", async () => {
    const { source, stream } = opened();
    expect(source.openCount).toBe(0);
    const first = stream.next();
    expect(source.openCount).toBe(1);
    source.send();
    await expect(first).resolves.toEqual({ done: false, value: 1 });
    await stream.next();
    expect(source.openCount).toBe(1);
  });

  it("come in order to a for await, which ends with the stream", async () => {
    const { source, stream } = opened();
    const got: number[] = [];
    queueMicrotask(() => source.send());
    for await (const item of stream) {
      got.push(item);
      if (item === 3) source.sink.end(undefined);
    }
    expect(got).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("are never more ahead of their reader than their credit, however slow it is", async () => {
    const { source, stream } = opened(8);
    const first = stream.next();
    source.send();
    await first;
    for (let read = 1; read < 100; read++) {
      source.send();
      expect(source.sent - read).toBeLessThanOrEqual(8);
      await expect(stream.next()).resolves.toEqual({ done: false, value: read + 1 });
    }
    expect(source.sent).toBeGreaterThan(90);
  });

  it("go to those who called next() at the same time, in their order", async () => {
    const { source, stream } = opened();
    const reads = [stream.next(), stream.next(), stream.next()];
    source.sink.item("a");
    source.sink.item("b");
    source.sink.end(undefined);
    await expect(Promise.all(reads)).resolves.toEqual([
      { done: false, value: "a" },
      { done: false, value: "b" },
      DONE,
    ]);
  });

  it("that came before an error are read before it", async () => {
    const { source, stream } = opened();
    const first = stream.next();
    source.sink.item(1);
    source.sink.item(2);
    source.sink.end(LOST);
    await expect(first).resolves.toMatchObject({ value: 1 });
    await expect(stream.next()).resolves.toMatchObject({ value: 2 });
    await expect(failure(stream.next())).resolves.toBe(LOST);
  });
});

describe("the end of a stream", () => {
  it("throws an error once, to the first who waits, and is over for all others", async () => {
    const { source, stream } = opened();
    const reads = [stream.next(), stream.next()];
    source.sink.end(LOST);
    source.sink.end(undefined);
    source.sink.item(1);
    await expect(failure(reads[0]!)).resolves.toBe(LOST);
    await expect(reads[1]).resolves.toEqual(DONE);
    await expect(stream.next()).resolves.toEqual(DONE);
    expect(source.cancelCount).toBe(0);
  });

  it("is a failure to open it, at once or later, that is thrown by next()", async () => {
    const failures = [
      () => {
        throw LOST;
      },
      () => Promise.reject(LOST),
    ];
    for (const fail of failures) {
      const stream = new ItemStream(8, fail);
      await expect(failure(stream.next())).resolves.toBe(LOST);
      await expect(stream.next()).resolves.toEqual(DONE);
    }
  });
});

describe("leaving a stream", () => {
  it("cancels it once, drops what has come, and lets those go who wait", async () => {
    const { source, stream } = opened();
    const waiting = stream.next();
    await expect(stream.return()).resolves.toEqual(DONE);
    await expect(waiting).resolves.toEqual(DONE);
    source.sink.item(1);
    await stream.return();
    await expect(stream.next()).resolves.toEqual(DONE);
    expect(source.cancelCount).toBe(1);
  });

  it("before the first next() never asks for it", async () => {
    const { source, stream } = opened();
    await stream.return();
    await expect(stream.next()).resolves.toEqual(DONE);
    expect(source.openCount).toBe(0);
  });

  it("while it is being opened cancels it as soon as it is", async () => {
    const source = new Source();
    let admit: () => void = () => {};
    const stream = new ItemStream<number>(8, async (sink, count) => {
      await new Promise<void>((resolve) => {
        admit = resolve;
      });
      return source.open(sink, count);
    });
    const waiting = stream.next();
    await stream.return();
    await expect(waiting).resolves.toEqual(DONE);
    admit();
    await new Promise(setImmediate);
    expect(source.cancelCount).toBe(1);
  });

  it("after its end cancels nothing", async () => {
    const { source, stream } = opened();
    const end = stream.next();
    source.sink.end(undefined);
    await end;
    await stream.return();
    expect(source.cancelCount).toBe(0);
  });

  it("with an error that nobody has seen yet is the end of that too", async () => {
    const { source, stream } = opened();
    const first = stream.next();
    source.sink.item(1);
    source.sink.end(LOST);
    await first;
    await stream.return();
    await expect(stream.next()).resolves.toEqual(DONE);
  });

  it("by break does the same", async () => {
    const { source, stream } = opened();
    queueMicrotask(() => source.send());
    for await (const item of stream) if (item === 2) break;
    expect(source.cancelCount).toBe(1);
  });
});

describe("the credit of a stream", () => {
  it("is about 4 MiB of items, and neither 1 item nor more than 64", () => {
    expect(itemCreditFor(100)).toBe(64);
    expect(itemCreditFor(1_048_576)).toBe(4);
    expect(itemCreditFor(16_000_000)).toBe(2);
  });
});
