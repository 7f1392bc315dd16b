import { describe, expect, it } from "vitest";
import type { ChannelJournal } from "../../../../runtime/core/delivery/keeping/journal.js";
import { ReceiveChannel } from "../../../../runtime/core/delivery/receiving/receive-channel.js";
import type { ReceivedRecord } from "../../../../runtime/core/delivery/records.js";

/** A journal whose commits are durable when they are let be. */
class SlowJournal implements ChannelJournal {
  record: ReceivedRecord | undefined;
  readonly #waiting: (() => void)[] = [];

  keep(record: ReceivedRecord): Promise<void> {
    return new Promise((settle) => {
      this.#waiting.push(() => {
        this.record = record;
        settle();
      });
    });
  }

  async settleAll(): Promise<void> {
    for (const settle of this.#waiting.splice(0)) settle();
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

function durable() {
  const journal = new SlowJournal();
  const channel = new ReceiveChannel("orders.once", 1000, undefined, journal);
  return { journal, channel };
}

describe("a durable channel", () => {
  it("acknowledges what was handled once that is durable", async () => {
    const { journal, channel } = durable();
    channel.judge(1, 1, true);
    channel.settle(1);
    expect([channel.takeAck().seq, channel.judge(1, 1, true)]).toEqual([0, "in progress"]);
    await journal.settleAll();
    expect([channel.takeAck().seq, channel.judge(1, 1, true)]).toEqual([1, "duplicate"]);
  });

  it("says no more of what was refused, or given up, than it will know after a crash", async () => {
    const { journal, channel } = durable();
    for (const seq of [1, 2]) channel.judge(seq, 1, false);
    channel.settle(1);
    await journal.settleAll();
    channel.refuse(2, "CONFLICT");
    channel.told(2);
    channel.judge(4, 4, false);
    const restored = ReceiveChannel.restored(journal.record!, journal);
    expect(channel.takeAck().seq).toBe(restored.report().seq);
    expect(channel.report().seq).toBe(restored.report().seq);

    channel.settle(4);
    await journal.settleAll();
    expect(channel.takeAck()).toMatchObject({ seq: 4 });
    expect(ReceiveChannel.restored(journal.record!, journal).report().seq).toBe(4);
  });
});
