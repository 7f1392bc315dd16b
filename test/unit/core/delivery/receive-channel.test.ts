import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { ACK } from "../../../../generated/messages/ack.js";
import { encodeReceivedChannel } from "../../../../generated/types.js";
import type { AckSink } from "../../../../runtime/core/delivery/receiving/ack-sink.js";
import type { Queued } from "../../../../runtime/core/delivery/receiving/order-gate.js";
import { ReceiveChannel } from "../../../../runtime/core/delivery/receiving/receive-channel.js";
import { ReceivedChannels } from "../../../../runtime/core/delivery/receiving/received-channels.js";
import {
  MARKS_SIZE,
  SequenceMarks,
} from "../../../../runtime/core/delivery/receiving/sequence-marks.js";
import { Sessions } from "../../../../runtime/core/delivery/receiving/sessions.js";
import { PackWriter } from "../../../../runtime/wire/pack-writer.js";

const EPOCH = 1000;

function sinkOf(order: number): AckSink & { due: number; isOpen: boolean } {
  const add = () => {
    sink.due += 1;
  };
  const sink = { order, isOpen: true, due: 0, refuse() {}, add };
  return sink;
}

function channelOf(): ReceiveChannel {
  const channel = new ReceiveChannel("control", EPOCH);
  channel.moveTo(sinkOf(1));
  return channel;
}

/** What an ordered channel makes of these places, at the lowest floor. */
function judged(channel: ReceiveChannel, ...seqs: number[]) {
  return seqs.map((seq) => channel.judge(seq, 1, true));
}

function queued(channel: ReceiveChannel, seq: number, dropped: number[] = []): Queued {
  const item = { seq, drop: () => void dropped.push(seq) };
  channel.gate.queue(item);
  return item;
}

/** One in which messages have come out of order, and are acknowledged. */
function usedChannel(sink: AckSink): ReceiveChannel {
  const channel = new ReceiveChannel("control", EPOCH);
  channel.moveTo(sink);
  channel.gate.enter();
  channel.gate.leave();
  for (let seq = 1; seq <= 20; seq++) channel.judge(seq, 1, false);
  for (let seq = 2; seq <= 20; seq += 2) channel.handled(seq);
  channel.takeAck();
  return channel;
}

describe("a message of a channel", () => {
  it("is new once, then in progress, and a duplicate when it was handled", () => {
    const channel = channelOf();
    expect(judged(channel, 1, 1)).toEqual(["new", "in progress"]);
    channel.handled(1);
    expect(judged(channel, 1)).toEqual(["duplicate"]);
  });

  it("is recognised however long ago it was handled, while its sender may send it again", () => {
    const channel = channelOf();
    for (let seq = 1; seq <= 1024; seq++) {
      expect(channel.judge(seq, 1, true)).toBe("new");
      channel.handled(seq);
    }
    for (let seq = 1; seq <= 1024; seq++) expect(channel.judge(seq, 1, true)).toBe("duplicate");
  });

  it("that its sender has given up never runs", () => {
    const channel = channelOf();
    expect(channel.judge(5, 5, true)).toBe("new");
    expect(judged(channel, 1, 4)).toEqual(["abandoned", "abandoned"]);
  });

  it("that is ordered waits for those before it, unless the floor tells of the gap", () => {
    const channel = channelOf();
    expect(judged(channel, 1, 3)).toEqual(["new", "early"]);
    channel.handled(1);
    expect(channel.judge(3, 3, true)).toBe("new");
  });

  it("without an order is taken in any", () => {
    const channel = channelOf();
    expect(channel.judge(3, 1, false)).toBe("new");
    expect(channel.judge(3, 1, false)).toBe("in progress");
    channel.handled(3);
    expect(channel.judge(3, 1, false)).toBe("duplicate");
    expect(channel.judge(1, 1, false)).toBe("new");
    channel.handled(1);
    expect(channel.takeAck()).toEqual({ channel: "control", epoch: EPOCH, seq: 1, beyond: [3] });
    expect(channel.judge(2, 1, false)).toBe("new");
    channel.handled(2);
    expect(channel.takeAck()).toEqual({ channel: "control", epoch: EPOCH, seq: 3 });
  });

  it.each([
    [1025, 1],
    [1, 2],
    [2 ** 40, 1],
  ])("at %i with the floor %i is a fault of the sender", (seq, floor) => {
    expect(() => channelOf().judge(seq, floor, true)).toThrow(/PROTOCOL_ERROR/);
  });

  it("may be the last of the window", () => {
    expect(channelOf().judge(1024, 1, false)).toBe("new");
    expect(channelOf().judge(2 ** 53 - 1, 2 ** 53 - 1, true)).toBe("new");
  });
});

describe("an ack", () => {
  it("covers all that has been handled since the last one", () => {
    const channel = channelOf();
    judged(channel, 1, 2, 3);
    for (const seq of [1, 2, 3]) channel.handled(seq);
    expect(channel.takeAck()).toEqual({ channel: "control", epoch: EPOCH, seq: 3 });
    expect((channel.sink as unknown as { due: number }).due).toBe(1);
  });

  it("does not cover what may not be acknowledged yet, though it came before", () => {
    const channel = channelOf();
    judged(channel, 1, 2);
    channel.handled(2);
    expect(channel.takeAck()).toEqual({ channel: "control", epoch: EPOCH, seq: 0, beyond: [2] });
  });

  it("is due again for a copy, as the first may have been lost", () => {
    const channel = channelOf();
    judged(channel, 1);
    channel.handled(1);
    channel.takeAck();
    judged(channel, 1);
    expect((channel.sink as unknown as { due: number }).due).toBe(2);
  });

  it("names what is beyond again for a copy of it", () => {
    const channel = channelOf();
    for (const seq of [1, 2]) channel.judge(seq, 1, false);
    channel.handled(2);
    channel.takeAck();
    channel.judge(2, 1, false);
    expect(channel.takeAck()).toMatchObject({ seq: 0, beyond: [2] });
  });

  it("moves with the channel to a newer connection, and not back to an older one", () => {
    const channel = channelOf();
    judged(channel, 1);
    channel.handled(1);
    const newer = sinkOf(2);
    channel.moveTo(newer);
    expect(newer.due).toBe(1);
    channel.moveTo(sinkOf(1));
    expect(channel.sink).toBe(newer);
    newer.isOpen = false;
    const open = sinkOf(1);
    channel.moveTo(open);
    expect(channel.sink).toBe(open);
  });

  it("is always one that its schema allows", () => {
    const channel = channelOf();
    for (let seq = 1; seq <= 1024; seq++) channel.judge(seq, 1, false);
    for (let seq = 1024; seq > 1; seq--) channel.handled(seq);
    expect(ACK.invalid(channel.takeAck())).toBeUndefined();
  });
});

describe("a message that was refused for good", () => {
  it("is settled, and a copy of it is refused again for the same reason", () => {
    const channel = channelOf();
    judged(channel, 1, 2);
    channel.refuse(1, "CONFLICT");
    expect(judged(channel, 1)).toEqual(["refused"]);
    expect(channel.codeOf(1)).toBe("CONFLICT");
    channel.handled(2);
    expect(channel.takeAck()).toMatchObject({ seq: 2 });
  });

  it("is not covered by acks on the next connection until its sender has been told there", () => {
    const channel = channelOf();
    judged(channel, 1, 2, 3);
    channel.handled(1);
    channel.refuse(2, "CONFLICT");
    channel.moveTo(sinkOf(2));
    channel.handled(3);
    expect(channel.takeAck()).toMatchObject({ seq: 1, beyond: [3] });
    channel.told(2);
    channel.oweAck(0);
    expect(channel.takeAck()).toMatchObject({ seq: 3 });
  });

  it("is not taken for the one that is a whole window behind it", () => {
    const channel = channelOf();
    judged(channel, 1);
    channel.refuse(1, "CONFLICT");
    channel.told(1);
    for (let seq = 2; seq <= 1024; seq++) {
      judged(channel, seq);
      channel.handled(seq);
    }
    expect(channel.takeAck()).toEqual({ channel: "control", epoch: EPOCH, seq: 1024 });
    expect(channel.judge(1025, 2, true)).toBe("new");
  });

  it("is named by the greeting until the floor has passed it", () => {
    const channel = channelOf();
    judged(channel, 1, 2);
    channel.refuse(1, "CONFLICT");
    channel.handled(2);
    expect(channel.report()).toEqual({
      channel: "control",
      epoch: EPOCH,
      seq: 2,
      highest: 2,
      refused: [1],
    });
    channel.judge(3, 3, true);
    expect(channel.report()).toEqual({ channel: "control", epoch: EPOCH, seq: 2, highest: 3 });
  });
});

describe("a message that was refused for now", () => {
  it("is new again, and what is ordered behind it comes again as well", () => {
    const channel = channelOf();
    judged(channel, 1, 2, 3);
    channel.gate.enter();
    const dropped: number[] = [];
    queued(channel, 2, dropped);
    queued(channel, 3, dropped);
    channel.giveBack(1, true);
    expect(dropped).toEqual([2, 3]);
    expect(judged(channel, 2, 3, 1, 2, 3)).toEqual(["early", "early", "new", "new", "new"]);
  });

  it("leaves what has no order with its handler", () => {
    const channel = channelOf();
    expect(channel.judge(1, 1, true)).toBe("new");
    expect(channel.judge(2, 1, false)).toBe("new");
    channel.giveBack(1, true);
    expect(channel.judge(2, 1, false)).toBe("in progress");
    channel.handled(2);
    expect(channel.judge(1, 1, true)).toBe("new");
    channel.handled(1);
    expect(channel.takeAck()).toMatchObject({ seq: 2 });
  });

  it("without an order comes again by itself", () => {
    const channel = channelOf();
    for (const seq of [1, 2]) channel.judge(seq, 1, false);
    channel.giveBack(1, false);
    channel.handled(2);
    expect(channel.judge(1, 1, false)).toBe("new");
    channel.handled(1);
    expect(channel.takeAck()).toMatchObject({ seq: 2 });
  });
});

describe("what a node keeps of a channel", () => {
  it("is 256 bytes of marks at most, shared out of one buffer, and none while all is in order", () => {
    expect(MARKS_SIZE).toBe(256);
    const marks = new SequenceMarks();
    for (let seq = 1; seq <= 1024; seq++) marks.set(seq, 2);
    expect(marks.count).toBe(1024);
    for (let seq = 1; seq <= 1024; seq++) marks.set(seq, 0);
    expect(marks.count).toBe(0);
  });

  it("tells two windows of marks apart that lie side by side", () => {
    const [one, other] = [new SequenceMarks(), new SequenceMarks()];
    for (let seq = 1; seq <= 1024; seq++) {
      one.set(seq, (seq % 4) as 0 | 1 | 2 | 3);
      other.set(seq, ((seq + 1) % 4) as 0 | 1 | 2 | 3);
    }
    for (let seq = 1; seq <= 1024; seq++) {
      expect([one.get(seq), other.get(seq)]).toEqual([seq % 4, (seq + 1) % 4]);
    }
  });

  it("is 512 bytes at most, with its marks and all that is in order", () => {
    setFlagsFromString("--expose-gc");
    const collect: () => void = runInNewContext("gc");
    const sink = sinkOf(1);
    const used = () => {
      collect();
      const { heapUsed, arrayBuffers } = process.memoryUsage();
      return heapUsed + arrayBuffers;
    };
    const sizeOfEach = () => {
      const channels: unknown[] = new Array(10_000).fill(undefined);
      const before = used();
      for (const index of channels.keys()) channels[index] = usedChannel(sink);
      return (used() - before) / channels.length;
    };
    // What else the process does meanwhile only adds to it.
    expect(Math.min(sizeOfEach(), sizeOfEach(), sizeOfEach())).toBeLessThanOrEqual(512);
  });

  it("is reported in less than 128 bytes while nothing is refused", () => {
    const writer = new PackWriter();
    const channel = new ReceiveChannel("c".repeat(63), 2 ** 52);
    for (const seq of [2 ** 52, 2 ** 52 + 1]) channel.judge(seq, 2 ** 52, true);
    channel.handled(2 ** 52);
    expect(channel.report()).toMatchObject({ seq: 2 ** 52, highest: 2 ** 52 + 1 });
    expect(encodeReceivedChannel(writer, channel.report())).toBe(true);
    expect(writer.bytes().length).toBeLessThan(128);
  });
});

describe("the highest number that a greeting names", () => {
  function channelWith(...seqs: number[]): ReceiveChannel {
    const channel = channelOf();
    for (const seq of seqs) channel.judge(seq, 1, false);
    return channel;
  }
  const highestOf = (channel: ReceiveChannel) => channel.report().highest;

  it("is 0 before anything has come", () => {
    expect(highestOf(channelOf())).toBe(0);
  });

  it.each([
    ["in order", [1, 2, 3], 3],
    ["out of order", [1, 5, 3], 5],
    ["at the end of the window", [1024], 1024],
  ])("counts what is with its handler, %s", (_, seqs, highest) => {
    expect(channelWith(...seqs).report()).toMatchObject({ seq: 0, highest });
  });

  it("counts what is settled beyond the first that is not", () => {
    const channel = channelWith(1, 2, 3, 4);
    channel.handled(1);
    channel.handled(3);
    channel.refuse(4, "CONFLICT");
    expect(channel.report()).toMatchObject({ seq: 1, highest: 4 });
  });

  it("does not count what was given back", () => {
    const channel = channelWith(1, 2, 3, 7);
    channel.giveBack(7, false);
    expect(highestOf(channel)).toBe(3);
    channel.giveBack(3, false);
    expect(highestOf(channel)).toBe(2);
    channel.giveBack(1, true);
    expect(highestOf(channel)).toBe(2);
  });

  it("is not below what its sender gave up", () => {
    const channel = channelWith(1);
    channel.judge(2000, 2000, false);
    channel.giveBack(2000, false);
    expect(channel.report()).toMatchObject({ seq: 1999, highest: 1999 });
  });

  it("is that of what was settled, in a channel that was restored", () => {
    const channel = channelWith(1, 2, 3, 4, 5);
    channel.handled(2);
    channel.refuse(4, "CONFLICT");
    expect(highestOf(channel)).toBe(5);
    expect(ReceiveChannel.restored(channel.record()).report()).toMatchObject({
      seq: 0,
      highest: 4,
    });
  });
});

describe("the channels of a peer", () => {
  it("keep what waits in a new epoch, whatever becomes of the one before", () => {
    const channels = new ReceivedChannels();
    const before = channels.find("control", 1, 1);
    judged(before, 1);
    before.gate.enter();
    const after = channels.find("control", 2, 1);
    judged(after, 1);
    const dropped: number[] = [];
    const item = queued(after, 1, dropped);
    before.giveBack(1, true);
    expect(dropped).toEqual([]);
    expect(after.gate.leave()).toBe(item);
  });

  it("begin anew with a higher epoch, and fence a lower one off", () => {
    const channels = new ReceivedChannels();
    const first = channels.find("control", 5, 1);
    expect(channels.find("control", 5, 3)).toBe(first);
    const second = channels.find("control", 6, 1);
    expect(second.judge(1, 1, true)).toBe("new");
    expect(second.gate).toBe(first.gate);
    expect(() => channels.find("control", 5, 1)).toThrow(/CONFLICT/);
  });

  it("are lost where the sender goes on with what is not known here", () => {
    const channels = new ReceivedChannels();
    expect(() => channels.find("control", 5, 2)).toThrow(/SESSION_LOST/);
    channels.find("control", 5, 1);
    expect(() => channels.find("control", 6, 2)).toThrow(/SESSION_LOST/);
  });

  it("are 256 at most", () => {
    const channels = new ReceivedChannels();
    for (let index = 0; index < 256; index++) channels.find(`channel-${index}`, 1, 1);
    expect(() => channels.find("one-more", 1, 1)).toThrow(/RESOURCE_EXHAUSTED/);
    expect(channels.report().length).toBe(256);
  });

  it("are forgotten for the peer that was seen longest ago, but never while it is connected", () => {
    const sessions = new Sessions(2);
    const first = sessions.of("node-1");
    first.find("control", 1, 1).moveTo(sinkOf(1));
    const second = sessions.of("node-2");
    sessions.of("node-3");
    expect(sessions.size).toBe(2);
    expect(sessions.of("node-1")).toBe(first);
    expect(sessions.of("node-2")).not.toBe(second);
  });
});

describe("a channel that was kept and restored", () => {
  it("knows what was settled, and takes what was with its handler for new", () => {
    const channel = channelOf();
    for (const seq of [1, 2, 3, 4, 5]) channel.judge(seq, 1, false);
    channel.handled(1);
    channel.handled(3);
    channel.refuse(4, "CONFLICT");
    const restored = ReceiveChannel.restored(channel.record());
    const verdicts = [1, 2, 3, 4, 5, 6].map((seq) => restored.judge(seq, 1, false));
    expect(verdicts).toEqual(["duplicate", "new", "duplicate", "refused", "new", "new"]);
  });

  it("does so wherever its window lies", () => {
    for (const first of [1, 500, 1023, 1024, 70_001]) {
      const channel = channelOf();
      for (let seq = first; seq < first + 1024; seq++) channel.judge(seq, first, false);
      for (let seq = first + 1; seq < first + 1024; seq += 2) channel.handled(seq);
      const restored = ReceiveChannel.restored(channel.record());
      for (let seq = first; seq < first + 1024; seq++) {
        const verdict = (seq - first) % 2 === 0 ? "new" : "duplicate";
        expect(restored.judge(seq, first, false)).toBe(verdict);
      }
    }
  });

  it("takes 512 bytes at most", () => {
    const channel = new ReceiveChannel("c".repeat(63), 2 ** 52);
    for (let seq = 1; seq <= 1024; seq++) channel.judge(seq, 1, false);
    for (let seq = 2; seq <= 1024; seq++) channel.handled(seq);
    const writer = new PackWriter();
    writer.bin = true;
    writer.value(channel.record());
    expect(writer.bytes().length).toBeLessThanOrEqual(512);
  });
});

describe("a channel whose epoch is over", () => {
  it("has forgotten its marks, so that looking through them ends", () => {
    const channel = channelOf();
    for (const seq of [1, 2, 3]) channel.judge(seq, 1, false);
    channel.handled(1);
    channel.refuse(3, "CONFLICT");
    channel.end();
    channel.moveTo(sinkOf(2));
    expect(channel.report()).toEqual({ channel: "control", epoch: EPOCH, seq: 1, highest: 1 });
    expect(channel.record().marks).toHaveLength(0);
  });

  it("takes what its handlers say later for what changes nothing", () => {
    const channel = channelOf();
    for (const seq of [1, 2, 3]) channel.judge(seq, 1, true);
    channel.refuse(2, "CONFLICT");
    channel.end();
    channel.handled(3);
    channel.refuse(1, "CONFLICT");
    channel.giveBack(2, true);
    channel.end();
    expect(channel.report()).toEqual({ channel: "control", epoch: EPOCH, seq: 0, highest: 0 });
    expect(channel.record().marks).toHaveLength(0);
  });
});
