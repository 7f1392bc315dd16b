import { describe, expect, it } from "vitest";
import { LOST } from "../../../support/channel-pair.js";
import { MemoryDisk } from "../../../support/memory-disk.js";
import { Process, settled, stopped } from "../../../support/outbox-process.js";

const outboxOf = (disk: MemoryDisk) => [...disk.image.outbox.values()].map(({ number }) => number);

describe("a message of the outbox", () => {
  it("leaves only when it, the epoch and the peer's store are on disk", async () => {
    const disk = new MemoryDisk();
    const before = await Process.start(disk);
    await before.attach();
    const given = before.give(1);
    expect(before.sent).toEqual([]);
    await given;
    await settled();
    expect(before.sent).toEqual([[1, 1, 1]]);
    expect(outboxOf(disk)).toEqual([1]);
  });

  it("leaves behind those before it, though it is known to be durable before they are", async () => {
    const before = await Process.start(new MemoryDisk());
    await before.attach();
    await Promise.all([before.give(1, { lateness: 9 }), before.give(2), before.give(3)]);
    await settled();
    expect(before.sent.map(([code, place]) => [code, place])).toEqual([
      [1, 1],
      [2, 2],
      [3, 3],
    ]);
  });

  it("is reported as not delivered in time, where nobody takes it and it is out of the store", async () => {
    const before = await Process.start(new MemoryDisk());
    await before.give(1, { timeoutMs: 5000 });
    expect(before.wakeAt).toBe(5000);
    before.advance(4900);
    await settled();
    expect([...before.fates.all]).toEqual([[1, "TIMEOUT not-delivered"]]);
    before.advance(1000);
    expect(before.wakeAt).toBe(Number.POSITIVE_INFINITY);
  });

  it("is reported as unknown when its time is over, where the store hangs", async () => {
    const hangs = { isOn: false };
    const schedule = (_: number, run: () => void) => {
      if (!hangs.isOn) queueMicrotask(run);
    };
    const before = await Process.start(new MemoryDisk(), 1000, { schedule });
    await before.give(1, { timeoutMs: 5000 });
    hangs.isOn = true;
    void before.give(2, { timeoutMs: 7000 });
    before.advance(4999);
    await settled();
    expect([...before.fates.all]).toEqual([]);
    before.advance(1);
    expect([...before.fates.all]).toEqual([[1, "TIMEOUT unknown"]]);
    before.advance(2000);
    expect(before.fates.all.get(2)).toBe("TIMEOUT unknown");
  });

  it("is not sent once whoever waited has heard that its time is over", async () => {
    const before = await Process.start(new MemoryDisk());
    await before.give(1, { timeoutMs: 10 });
    // The outbox is looked at first, as timers of the same time come in any order.
    before.expire(10);
    expect([...before.fates.all]).toEqual([[1, "TIMEOUT unknown"]]);
    await before.attach();
    expect(before.sent).toEqual([]);
  });

  it("is taken out when it is acknowledged, and its number is not given again", async () => {
    const disk = new MemoryDisk();
    const before = await Process.start(disk);
    await before.attach();
    await before.give(1);
    await before.give(2);
    before.ack(2);
    await settled();
    expect(outboxOf(disk)).toEqual([]);
    before.store.crash();
    const after = await Process.start(disk);
    await after.attach({ seq: 2 });
    await after.give(3);
    expect(after.sent).toEqual([[3, 3, 3]]);
  });

  it("is sent again by the next process, in its place and before anything new", async () => {
    const disk = new MemoryDisk();
    const before = await Process.start(disk);
    await before.attach();
    for (const code of [1, 2, 3]) await before.give(code);
    const { epoch } = before.channel;
    before.ack(1);
    await settled();
    before.store.crash();
    const after = await Process.start(disk, 5000);
    await after.give(4);
    await after.attach({ seq: 1 });
    expect(after.channel.epoch).toBe(epoch);
    expect(after.sent).toEqual([
      [2, 2, 2],
      [3, 3, 2],
      [4, 4, 2],
    ]);
    expect(after.wire.sent[0]!.id).toBe(before.wire.sent[1]!.id);
  });

  it("is new where it never left, whatever the peer's store is by then", async () => {
    const disk = new MemoryDisk();
    const before = await Process.start(disk);
    await before.give(1);
    before.store.crash();
    const after = await Process.start(disk);
    await after.attach(undefined, "another store");
    expect(after.sent).toEqual([[1, 1, 1]]);
    expect(after.undelivered).toEqual([]);
  });

  it("is in the same place for a peer whose store has not heard of it", async () => {
    const disk = new MemoryDisk();
    const before = await Process.start(disk);
    await before.attach();
    await before.give(1);
    before.store.crash();
    const after = await Process.start(disk);
    await after.attach(undefined);
    expect(after.channel.epoch).toBe(before.channel.epoch);
    expect(after.sent).toEqual([[1, 1, 1]]);
  });

  it("is told as lost, and not sent, where it may have left to a store that is gone", async () => {
    const disk = new MemoryDisk();
    const before = await Process.start(disk);
    await before.attach();
    await before.give(1);
    before.store.crash();
    const after = await Process.start(disk);
    await after.give(2);
    await after.attach(undefined, "another store");
    expect(after.channel.epoch).toBeGreaterThan(before.channel.epoch);
    expect(after.sent).toEqual([[2, 1, 1]]);
    expect(after.undelivered).toMatchObject([
      { data: stopped(1), error: { code: "SESSION_LOST", outcome: "unknown" } },
    ]);
    expect(outboxOf(disk)).toEqual([2]);
  });

  it("begins its epoch with place 1, though numbers before it were given up", async () => {
    const before = await Process.start(new MemoryDisk());
    await before.give(1, { timeoutMs: 10 });
    await before.give(2);
    before.advance(9);
    await before.attach();
    expect(before.sent).toEqual([[2, 1, 1]]);
    expect(before.fates.all.get(1)).toBe("TIMEOUT not-delivered");
  });

  it("waits behind a number that was given up before it was sent, until all before that is settled", async () => {
    const before = await Process.start(new MemoryDisk());
    await before.attach();
    await before.give(1);
    before.channel.detach(0, LOST);
    await before.give(2, { timeoutMs: 10 });
    await before.give(3);
    before.advance(10);
    await before.attach({ seq: 0 });
    expect(before.sent).toEqual([[1, 1, 1]]);
    before.ack(1);
    expect(before.sent.at(-1)).toEqual([3, 3, 3]);
  });

  it("is tried until its time is over, however often attempts fail", async () => {
    const before = await Process.start(new MemoryDisk());
    await before.give(1, { timeoutMs: 60_000 });
    for (let attempt = 0; attempt < 20; attempt++) {
      await before.attach();
      before.channel.detach(before.now, LOST);
      before.advance(1000);
    }
    expect(before.fates.all.size).toBe(0);
    before.advance(40_000);
    await settled();
    expect(before.fates.all.get(1)).toBe("TIMEOUT unknown");
  });

  it("is told as failed only when it is out of the store for good", async () => {
    const disk = new MemoryDisk();
    const before = await Process.start(disk);
    await before.give(1, { timeoutMs: 10 });
    before.advance(9);
    expect(before.fates.all.size).toBe(0);
    await settled();
    expect(before.fates.all.get(1)).toBe("TIMEOUT not-delivered");
    expect(outboxOf(disk)).toEqual([]);
  });

  it("is left unknown where the store fails before it is out", async () => {
    const before = await Process.start(new MemoryDisk());
    await before.give(1, { timeoutMs: 10 });
    before.store.crash();
    before.advance(10);
    await settled();
    expect(before.fates.all.get(1)).toBe("TIMEOUT unknown");
  });

  it("of another process has the rest of its time, by the clock on the wall", async () => {
    const disk = new MemoryDisk();
    const before = await Process.start(disk, 1000);
    await before.give(1, { timeoutMs: 5000 });
    before.store.crash();
    const after = await Process.start(disk, 4000);
    after.advance(1999);
    expect(after.undelivered).toEqual([]);
    after.advance(1);
    expect(after.undelivered).toMatchObject([{ data: stopped(1), error: { code: "TIMEOUT" } }]);
  });

  it("that an earlier process gave up, and could not take out, is told and not sent", async () => {
    const disk = new MemoryDisk();
    const before = await Process.start(disk);
    await before.attach();
    await before.give(1);
    await before.give(2);
    // The peer forgets; 1 is lost with that, and the epoch that begins is known on disk before 1 is out.
    before.channel.detach(0, LOST);
    const image = disk.snapshot();
    await before.attach(undefined, "another store");
    await before.give(3);
    await settled();
    before.store.crash();
    disk.write([{ outbox: [...image.outbox.values()] }]);
    const after = await Process.start(disk);
    expect(after.undelivered).toMatchObject([{ data: stopped(1) }, { data: stopped(2) }]);
    await after.attach({ seq: 0 }, "another store");
    expect(after.sent).toEqual([[3, 1, 1]]);
  });

  it("that is durable only after its time is not sent any more", async () => {
    const before = await Process.start(new MemoryDisk());
    await before.attach();
    const given = before.give(1, { timeoutMs: 10 });
    before.now = 20;
    await given;
    await settled();
    expect(before.sent).toEqual([]);
    expect(before.fates.all.get(1)).toBe("TIMEOUT not-delivered");
  });

  it("that nobody understands any more is told and taken out", async () => {
    const disk = new MemoryDisk();
    const before = await Process.start(disk);
    await before.give(1);
    before.store.crash();
    const [entry] = disk.image.outbox.values();
    disk.write([{ outbox: [{ ...entry!, message: Uint8Array.of(0xc1) }] }]);
    const after = await Process.start(disk);
    expect(after.undelivered).toMatchObject([{ type: undefined, error: { outcome: "unknown" } }]);
    await settled();
    expect(outboxOf(disk)).toEqual([]);
  });
});

describe("many messages that an earlier process has left", () => {
  it("are sent no more than a window at a time", async () => {
    const disk = new MemoryDisk();
    const before = await Process.start(disk);
    await before.attach();
    for (let code = 0; code < 1500; code++) await before.give(code);
    before.store.crash();
    const after = await Process.start(disk);
    await after.attach({ seq: 0 });
    expect(after.wire.sent).toHaveLength(1024);
    after.ack(1000);
    expect(after.wire.sent).toHaveLength(1500);
  });
});
