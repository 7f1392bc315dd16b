import { describe, expect, it } from "vitest";
import type { Verdict } from "../../../../runtime/core/delivery/receiving/received-places.js";
import { type Copy, LOST } from "../../../support/channel-pair.js";
import { DurableReceiver } from "../../../support/durable-receiver.js";
import { MemoryDisk } from "../../../support/memory-disk.js";
import { Process, settled, stopped } from "../../../support/outbox-process.js";

/** A sender and a receiver, each with a disk that outlives its processes, and may be set back. */
class Both {
  readonly senderDisk = new MemoryDisk("the sender's store");
  readonly receiverDisk = new MemoryDisk("the peer's store");
  sender!: Process;
  receiver!: DurableReceiver;

  static async start(): Promise<Both> {
    const both = new Both();
    both.sender = await Process.start(both.senderDisk);
    both.receiver = await DurableReceiver.start(both.receiverDisk);
    await both.connect();
    return both;
  }

  /** The connection is lost, if there was one, and there is another. */
  async connect(): Promise<void> {
    this.sender.channel.detach(this.sender.now, LOST);
    this.sender.advance(100);
    await this.sender.attach(this.receiver.report);
  }

  async restartSender(image = this.senderDisk.snapshot()): Promise<void> {
    this.sender.store.crash();
    this.senderDisk.restore(image);
    this.sender = await Process.start(this.senderDisk);
  }

  async restartReceiver(image = this.receiverDisk.snapshot()): Promise<void> {
    this.receiver.store.crash();
    this.receiverDisk.restore(image);
    this.receiver = await DurableReceiver.start(this.receiverDisk);
  }

  /** Sends messages, and gives what has left of them. */
  async send(...codes: number[]): Promise<Copy[]> {
    const count = this.sender.wire.sent.length;
    for (const code of codes) await this.sender.give(code);
    await settled();
    return this.sender.wire.sent.slice(count);
  }

  take(copies: readonly Copy[]): Verdict[] {
    return copies.map((copy) => this.receiver.take(copy));
  }

  /** The receiver acknowledges what it has handled; the word of it is lost, unless the sender hears it. */
  acknowledge(copy: Copy): void {
    const { seq, beyond } = this.receiver.channelOf(copy).takeAck();
    this.sender.ack(seq!, beyond);
  }
}

describe("a sender that was set back", () => {
  /** It has sent five messages; of the copy that it is set back to, three. The receiver is told of `handled`. */
  async function setBack(handled: (copy: Copy) => boolean): Promise<Both> {
    const both = await Both.start();
    const first = await both.send(1, 2, 3);
    const image = both.senderDisk.snapshot();
    const copies = [...first, ...(await both.send(4, 5))];
    both.take(copies);
    for (const copy of copies.filter(handled)) await both.receiver.handle(copy);
    both.acknowledge(copies[0]!);
    await settled();
    await both.restartSender(image);
    return both;
  }

  const cases: [string, (copy: Copy) => boolean][] = [
    ["has handled", ({ seq }) => seq === 5],
    ["has with handlers", () => false],
  ];
  it.each(cases)("gives nothing a number that the receiver %s", async (_, handled) => {
    const both = await setBack(handled);
    await both.connect();
    expect(both.take(await both.send(6, 7))).toEqual(["new", "new"]);
    expect(both.sender.forgotten).toEqual(["sender"]);
    expect(both.sender.undelivered).toMatchObject(
      [1, 2, 3].map((code) => ({ data: stopped(code), error: { code: "SESSION_LOST" } })),
    );
  });

  it("finds out from a receiver that has been started anew as well", async () => {
    const both = await setBack(({ seq }) => seq === 5);
    await both.restartReceiver();
    await both.connect();
    expect(both.sender.forgotten).toEqual(["sender"]);
  });

  it("goes on in its epoch where nothing that it forgot has come", async () => {
    const both = await Both.start();
    both.take(await both.send(1, 2, 3));
    const image = both.senderDisk.snapshot();
    await both.send(4, 5);
    await both.restartSender(image);
    await both.connect();
    expect(both.sender.forgotten).toEqual([]);
    expect(both.take(await both.send(6))).toEqual(["new"]);
  });
});

describe("a receiver that was set back", () => {
  /** It has handled 1, and then 3, of which it forgets the latter; the sender has heard of it by `hear`. */
  async function setBack(hear: (both: Both, copy: Copy) => unknown): Promise<Both> {
    const both = await Both.start();
    const copies = await both.send(1, 2, 3);
    both.take(copies);
    await both.receiver.handle(copies[0]!);
    const image = both.receiverDisk.snapshot();
    await both.receiver.handle(copies[2]!);
    await hear(both, copies[2]!);
    await settled();
    await both.restartReceiver(image);
    return both;
  }

  it("is found so, where it has acknowledged what it forgot, and not all before that", async () => {
    const both = await setBack((each, copy) => each.acknowledge(copy));
    expect(both.sender.fates.all.get(3)).toBe("delivered");
    await both.connect();
    expect(both.sender.forgotten).toEqual(["receiver"]);
    expect(both.sender.fates.all.get(2)).toBe("SESSION_LOST unknown");
  });

  it("is found so by the next process of the sender", async () => {
    const both = await setBack((each, copy) => each.acknowledge(copy));
    await both.restartSender();
    await both.connect();
    expect(both.sender.forgotten).toEqual(["receiver"]);
  });

  it("is found so, where only a greeting told what it had handled", async () => {
    const both = await setBack(async (each, copy) => {
      await each.receiver.handle({ ...copy, seq: 2 });
      await each.connect();
    });
    expect(both.sender.fates.all.get(3)).toBe("delivered");
    await both.connect();
    expect(both.sender.forgotten).toEqual(["receiver"]);
  });

  it("is sent in the same epoch what it forgot, where it had told nobody of it", async () => {
    const both = await setBack(() => {});
    await both.connect();
    expect(both.sender.forgotten).toEqual([]);
    expect(both.take(both.sender.wire.sent)).toEqual(["new", "new"]);
  });
});

describe("a receiver that was started anew and not set back", () => {
  it("has forgotten nothing that counts, whatever was with its handlers", async () => {
    const both = await Both.start();
    const copies = await both.send(1, 2, 3, 4);
    both.take(copies);
    await both.receiver.handle(copies[1]!);
    both.acknowledge(copies[1]!);
    await both.restartReceiver();
    await both.connect();
    expect(both.receiver.report).toMatchObject({ seq: 0, highest: 2 });
    expect(both.sender.forgotten).toEqual([]);
    expect(both.take(both.sender.wire.sent)).toEqual(["new", "new", "new"]);
  });
});
