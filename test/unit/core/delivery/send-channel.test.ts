import { describe, expect, it } from "vitest";
import { RnpError } from "../../../../runtime/core/error.js";
import { EPOCH, LOST, Sending, UNORDERED } from "../../../support/channel-pair.js";

const BUSY = new RnpError("BACKPRESSURE", "not now", { outcome: "rejected" });
const NO = new RnpError("CONFLICT", "never", { outcome: "rejected" });
const LATE = new RnpError("TIMEOUT", "the handler took too long", { outcome: "unknown" });
const ONCE = { promise: "exactly-once-while-running" } as const;

describe("a channel on a connection", () => {
  it("numbers its messages from 1, with the lowest that it may still send again", () => {
    const sending = Sending.attached();
    sending.giveAll("a", "b");
    sending.ack(1);
    sending.give("c");
    expect(sending.wire.sent.map(({ seq, floor }) => [seq, floor])).toEqual([
      [1, 1],
      [2, 1],
      [3, 2],
    ]);
  });

  it("settles each once, by cumulative acks and by single ones", () => {
    const sending = Sending.attached();
    sending.giveAll("a", "b", "c", "d");
    sending.ack(1, [3]);
    expect([...sending.fates.all]).toEqual([
      ["a", "delivered"],
      ["c", "delivered"],
    ]);
    sending.ack(3, [3]);
    sending.ack(4);
    expect(sending.fates.all.size).toBe(4);
    expect(sending.channel.isEmpty).toBe(true);
  });

  it("finds a peer at fault that acknowledges what was never sent", () => {
    const sending = Sending.attached();
    sending.give("a");
    expect(() => sending.ack(2)).toThrow(/expected an ack of at most 1, got 2/);
    expect(() => sending.ack(0, [7])).toThrow(/PROTOCOL_ERROR/);
  });

  it("ignores acks of another epoch", () => {
    const sending = Sending.attached();
    sending.give("a");
    sending.channel.acknowledged(0, 999, 1);
    expect(sending.fate("a")).toBeUndefined();
  });

  it("has 1024 unacknowledged at most; the rest goes as acks come", () => {
    const sending = Sending.attached();
    for (let name = 1; name <= 1100; name++) sending.give(name);
    expect(sending.wire.sent.length).toBe(1024);
    sending.ack(10);
    expect(sending.wire.sent.length).toBe(1034);
    sending.ack(1034);
    expect(sending.wire.sent.map(({ data }) => data)).toEqual(
      Array.from({ length: 1100 }, (_, index) => index + 1),
    );
  });

  it("refuses more than 65,536 that wait", () => {
    const sending = new Sending();
    for (let name = 0; name < 65_536; name++) sending.give(name);
    expect(() => sending.give("more")).toThrow(/BACKPRESSURE/);
    expect(sending.fate("more")).toBeUndefined();
  });

  it("waits for room, and keeps the order", () => {
    const sending = Sending.attached();
    sending.wire.hasRoom = false;
    sending.giveAll("a", "b");
    expect(sending.wire.take()).toEqual([]);
    sending.wire.drain();
    expect(sending.wire.sent.map(({ data }) => data)).toEqual(["a", "b"]);
  });

  it("says at once what data is faulty, and leaves no gap", () => {
    const sending = Sending.attached();
    expect(() => sending.give("faulty")).toThrow(/PROTOCOL_ERROR/);
    sending.give("a");
    expect(sending.wire.take()).toEqual([1]);
  });

  it("fails what waited with faulty data, not delivered, and goes on", () => {
    const sending = new Sending();
    sending.giveAll("faulty", "a");
    sending.attach();
    expect(sending.fate("faulty")).toBe("PROTOCOL_ERROR not-delivered");
    expect(sending.wire.take()).toEqual([1]);
  });

  it("puts no second copy on a living connection, however long the ack takes", () => {
    const sending = Sending.attached();
    sending.give("a");
    sending.advance(29_999);
    expect(sending.wire.take()).toEqual([1]);
    expect(sending.fate("a")).toBeUndefined();
  });
});

describe("a message whose time is over", () => {
  it("was not delivered if it never left", () => {
    const sending = new Sending();
    sending.give("a", { giveUpAt: 500 });
    sending.advance(500);
    expect(sending.fate("a")).toBe("TIMEOUT not-delivered");
    sending.attach();
    expect(sending.wire.take()).toEqual([]);
  });

  it("is unknown if it left, and is never sent again", () => {
    const sending = Sending.attached();
    sending.give("a", { giveUpAt: 500 });
    sending.advance(500);
    expect(sending.fate("a")).toBe("TIMEOUT unknown");
    sending.channel.detach(sending.now, LOST);
    sending.attach({ seq: 0 });
    expect(sending.wire.take()).toEqual([]);
    sending.give("b");
    expect(sending.wire.sent).toMatchObject([{ data: "b", seq: 2, floor: 2 }]);
  });

  it("moves the floor, so that the receiver drops what still comes of it", () => {
    const sending = Sending.attached();
    sending.give("a", { giveUpAt: 500 });
    sending.advance(500);
    sending.give("b");
    expect(sending.wire.sent.at(-1)).toMatchObject({ seq: 2, floor: 2 });
  });

  it("is cancelled the same way, and says whether it left", () => {
    const sending = Sending.attached();
    sending.give("a");
    sending.wire.hasRoom = false;
    sending.give("b");
    expect(sending.channel.cancel(0, sending.messages.get("b")!)).toBe(true);
    expect(sending.channel.cancel(0, sending.messages.get("a")!)).toBe(false);
    sending.wire.drain();
    expect(sending.wire.take()).toEqual([1]);
    expect(sending.channel.isEmpty).toBe(true);
  });
});

describe("a lost connection", () => {
  it("has the unacknowledged part sent again in order, before anything new, with the same ids", () => {
    const sending = Sending.attached();
    sending.giveAll("a", "b", "c");
    const first = [...sending.wire.sent];
    sending.ack(1);
    sending.channel.detach(0, LOST);
    sending.give("d");
    sending.attach({ seq: 1 });
    expect(sending.wire.sent.map(({ data }) => data)).toEqual(["b", "c", "d"]);
    expect(sending.wire.sent.slice(0, 2).map(({ id }) => id)).toEqual([first[1]!.id, first[2]!.id]);
  });

  it("settles what the greeting says has been handled", () => {
    const sending = Sending.attached();
    sending.giveAll("a", "b");
    sending.channel.detach(0, LOST);
    sending.attach({ seq: 1 });
    expect(sending.fate("a")).toBe("delivered");
    expect(sending.wire.take()).toEqual([2]);
  });

  it("sends again what the greeting says was refused, to hear why", () => {
    const sending = Sending.attached();
    sending.giveAll("a", "b");
    sending.channel.detach(0, LOST);
    sending.attach({ seq: 2, refused: [1] });
    expect(sending.fate("a")).toBeUndefined();
    expect(sending.fate("b")).toBe("delivered");
    sending.refuse(sending.wire.sent[0]!, NO);
    expect(sending.fate("a")).toBe("CONFLICT rejected");
  });

  it("is the end for what was on five of them", () => {
    const sending = Sending.attached();
    sending.give("a");
    for (let count = 1; count <= 4; count++) {
      sending.channel.detach(0, LOST);
      sending.attach({ seq: 0 });
    }
    expect(sending.fate("a")).toBeUndefined();
    sending.channel.detach(0, LOST);
    expect(sending.fate("a")).toBe("UNAVAILABLE unknown");
  });

  it("costs the budget of the peer one token, however many messages were on it", () => {
    const sending = Sending.attached();
    for (let name = 0; name < 100; name++) sending.give(name);
    sending.channel.detach(0, LOST);
    expect(sending.fates.all.size).toBe(0);
  });

  it("does not count for what never left", () => {
    const sending = new Sending();
    sending.give("a");
    for (let count = 1; count <= 4; count++) {
      sending.channel.connectFailed(0, new RnpError("UNAVAILABLE", "nobody listens"));
    }
    expect(sending.fate("a")).toBeUndefined();
    sending.channel.connectFailed(0, new RnpError("UNAVAILABLE", "nobody listens"));
    expect(sending.fate("a")).toBe("UNAVAILABLE not-delivered");
  });

  it("that no dial can mend is told at once", () => {
    const sending = new Sending();
    sending.give("a");
    sending.channel.connectFailed(0, new RnpError("AUTH_FAILED", "not this cluster"));
    expect(sending.fate("a")).toBe("AUTH_FAILED not-delivered");
  });
});

describe("a message that the peer refused", () => {
  it("for good has failed, and is not sent again", () => {
    const sending = Sending.attached();
    sending.giveAll("a", "b");
    sending.refuse(sending.wire.sent[0]!, NO);
    expect(sending.fate("a")).toBe("CONFLICT rejected");
    sending.ack(2);
    expect(sending.fate("b")).toBe("delivered");
  });

  it("may still run where it followed one whose refused copy was perhaps that of a lost connection", () => {
    const sending = Sending.attached();
    sending.give("a");
    sending.channel.detach(0, LOST);
    sending.attach();
    sending.give("b", { giveUpAt: 3000 });
    const [a, b] = sending.wire.sent;
    // The copy of "a" that the peer has refused is the first; the second is on its way, and "b" behind it.
    sending.refuse(a!, BUSY);
    const never = new RnpError("BACKPRESSURE", "", { retryAfterMs: 5000, outcome: "rejected" });
    sending.refuse(b!, never);
    expect(sending.fate("b")).toBe("BACKPRESSURE unknown");
  });

  it("for now is sent again after 100, 300, 900 and 2700 ms, then given up", () => {
    const sending = Sending.attached();
    sending.give("a");
    for (const delayMs of [100, 300, 900, 2700]) {
      sending.refuse(sending.wire.sent.at(-1)!, BUSY);
      sending.advance(delayMs - 1);
      const { length } = sending.wire.sent;
      sending.advance(1);
      expect(sending.wire.sent.length).toBe(length + 1);
    }
    sending.refuse(sending.wire.sent.at(-1)!, BUSY);
    expect(sending.fate("a")).toBe("BACKPRESSURE rejected");
  });

  it("is sent again no earlier than the peer advises", () => {
    const sending = Sending.attached();
    sending.give("a");
    const advice = new RnpError("BACKPRESSURE", "", { retryAfterMs: 5000, outcome: "rejected" });
    sending.refuse(sending.wire.sent[0]!, advice);
    sending.wire.take();
    sending.advance(4999);
    expect(sending.wire.take()).toEqual([]);
    sending.advance(1);
    expect(sending.wire.take()).toEqual([1]);
  });

  it("stops an ordered channel, and all behind it is sent again", () => {
    const sending = Sending.attached();
    sending.giveAll("a", "b", "c");
    const [, b] = sending.wire.sent.splice(0);
    sending.ack(1);
    sending.refuse(b!, BUSY);
    sending.give("d");
    expect(sending.wire.take()).toEqual([]);
    sending.advance(100);
    expect(sending.wire.sent.map(({ data }) => data)).toEqual(["b", "c", "d"]);
  });

  it("stops nothing where there is no order", () => {
    const sending = Sending.attached();
    for (const name of ["a", "b"]) sending.give(name, { type: UNORDERED });
    const [a] = sending.wire.sent.splice(0);
    sending.refuse(a!, BUSY);
    sending.give("c", { type: UNORDERED });
    expect(sending.wire.take()).toEqual([3]);
    sending.advance(100);
    expect(sending.wire.take()).toEqual([1]);
  });

  it("is not tried again while the budget is spent", () => {
    const sending = Sending.attached();
    for (let name = 0; name < 6; name++) sending.give(name, { type: UNORDERED });
    for (const copy of sending.wire.sent.splice(0)) sending.refuse(copy, BUSY);
    // Ten tokens: after the fifth failure five are left, and with five nothing is tried again.
    expect([...sending.fates.all.keys()]).toEqual([4, 5]);
  });

  it("is tried again after an error that leaves open what happened, unless it may run only once", () => {
    const sending = Sending.attached();
    sending.give("a", { type: UNORDERED });
    sending.give("b", { ...ONCE, type: UNORDERED });
    for (const copy of sending.wire.sent.splice(0)) sending.refuse(copy, LATE);
    expect(sending.fate("b")).toBe("TIMEOUT unknown");
    sending.advance(100);
    expect(sending.wire.take()).toEqual([1]);
  });
});

it("leaves a message unknown whose first attempt left open what happened, however the last was refused", () => {
  const sending = Sending.attached();
  sending.give("a", { type: UNORDERED });
  sending.give("b", { type: UNORDERED, giveUpAt: 350 });
  for (const copy of sending.wire.sent.splice(0)) sending.refuse(copy, LATE);
  sending.advance(100);
  const [first, second] = sending.wire.sent.splice(0);
  sending.refuse(first!, NO);
  sending.refuse(second!, BUSY);
  expect(sending.fate("a")).toBe("CONFLICT unknown");
  expect(sending.fate("b")).toBe("BACKPRESSURE unknown");
});

describe("a gap that was left by a message given up", () => {
  it("holds ordered messages back until all before it is settled, as only the floor tells of it", () => {
    const sending = Sending.attached();
    sending.give("a");
    sending.give("b", { giveUpAt: 500 });
    sending.give("c");
    sending.channel.detach(0, LOST);
    sending.advance(500);
    expect(sending.fate("b")).toBe("TIMEOUT unknown");
    sending.attach({ seq: 0 });
    expect(sending.wire.take()).toEqual([1]);
    sending.ack(1);
    expect(sending.wire.sent.map(({ seq, floor }) => [seq, floor])).toEqual([[3, 3]]);
  });

  it("holds nothing back where the receiver has seen the message on this connection", () => {
    const sending = Sending.attached();
    sending.give("a");
    sending.give("b", { giveUpAt: 500 });
    sending.advance(500);
    sending.give("c");
    expect(sending.wire.take()).toEqual([1, 2, 3]);
  });
});

describe("a peer that has forgotten", () => {
  it("is sent another epoch by each process that finds it so", () => {
    const epochs = ["00000000", "00010000", "ffff0000"].map((head) => {
      const sending = new Sending(`${head}-0000-4000-8000-000000000000`);
      sending.attach({ epoch: 5000 });
      return sending.channel.epoch;
    });
    expect(epochs).toEqual([5001, 5002, 5000 + 65_536]);
  });

  const lost: [string, object | undefined, number][] = [
    ["restarted and knows nothing of the channel", undefined, 2],
    ["says that it lost it", { seq: 0, lost: true }, 1],
    ["knows less than it had acknowledged", { seq: 0 }, 2],
    ["knows an earlier epoch", { epoch: 999, seq: 50 }, 2],
  ];
  it.each(lost)(
    "as it %s is sent in a new epoch what was promised at least once, and nothing else",
    (_, report, boot) => {
      const sending = Sending.attached();
      sending.giveAll("done", "a");
      sending.give("once", ONCE);
      sending.ack(1);
      sending.channel.detach(0, LOST);
      sending.give("new", ONCE);
      sending.attach(report, boot);
      expect(sending.fate("once")).toBe("SESSION_LOST unknown");
      expect(sending.wire.sent.map(({ data, seq, floor }) => [data, seq, floor])).toEqual([
        ["a", 1, 1],
        ["new", 2, 1],
      ]);
      expect(sending.channel.epoch).toBeGreaterThan(1000);
    },
  );

  it("is not one that never heard of the channel, as nothing had arrived", () => {
    const sending = Sending.attached();
    sending.give("once", ONCE);
    sending.channel.detach(0, LOST);
    sending.attach(undefined, 1);
    expect(sending.fate("once")).toBeUndefined();
    expect(sending.wire.sent).toMatchObject([{ seq: 1, epoch: 1000 }]);
  });

  it("is not one whose connection was open before it handled what we know of", () => {
    const sending = Sending.attached();
    sending.giveAll("a", "b", "c");
    sending.advance(100);
    sending.ack(1);
    sending.channel.detach(sending.now, LOST);
    sending.attach(undefined, 1, 50);
    expect(sending.wire.sent.map(({ seq, epoch }) => [seq, epoch])).toEqual([
      [2, EPOCH],
      [3, EPOCH],
    ]);
    sending.channel.detach(sending.now, LOST);
    sending.attach({ seq: 2 }, 1, 60);
    expect([...sending.fates.all]).toEqual([
      ["a", "delivered"],
      ["b", "delivered"],
    ]);
    expect(sending.wire.take()).toEqual([3]);
  });

  it("is not one whose connection was open before it acknowledged a message alone, and a later one is", () => {
    const sending = Sending.attached();
    sending.giveAll("a", "b", "c");
    sending.advance(100);
    sending.ack(0, [3]);
    sending.channel.detach(sending.now, LOST);
    sending.attach({ highest: 2 }, 1, 50);
    expect(sending.wire.sent.map(({ seq, epoch }) => [seq, epoch])).toEqual([
      [1, EPOCH],
      [2, EPOCH],
    ]);
    sending.channel.detach(sending.now, LOST);
    sending.attach({ highest: 2 });
    expect(sending.channel.epoch).toBeGreaterThan(EPOCH);
  });

  it("is not known by a connection of the life that came before the one it handled in", () => {
    const sending = Sending.attached();
    sending.advance(100);
    sending.channel.detach(sending.now, LOST);
    sending.attach(undefined, 2);
    sending.give("a", ONCE);
    sending.advance(100);
    sending.channel.detach(sending.now, LOST);
    sending.attach(undefined, 1, 50);
    expect(sending.fate("a")).toBeUndefined();
    expect(sending.channel.epoch).toBe(EPOCH);
  });

  it("is one that greets in a new life, even before the connection to the old one is lost", () => {
    const sending = Sending.attached();
    sending.give("a", ONCE);
    sending.advance(100);
    sending.channel.detach(sending.now, LOST);
    sending.attach(undefined, 2, 50);
    expect(sending.fate("a")).toBe("SESSION_LOST unknown");
  });

  it("is one that greets in a new life, even before an older connection is taken", () => {
    const sending = Sending.attached();
    sending.give("a", ONCE);
    sending.advance(100);
    sending.channel.detach(sending.now, LOST);
    sending.attach(undefined, 1, 10);
    sending.advance(100);
    sending.channel.detach(sending.now, LOST);
    sending.attach(undefined, 2, 50);
    expect(sending.fate("a")).toBe("SESSION_LOST unknown");
  });

  it("is not meant by an old greeting that names what was never sent, and settles nothing by it", () => {
    const sending = Sending.attached();
    sending.giveAll("a", "b");
    sending.advance(100);
    sending.channel.detach(sending.now, LOST);
    sending.attach({ seq: 1, highest: 3 }, 1, 50);
    expect(sending.channel.epoch).toBe(EPOCH);
    expect(sending.wire.take()).toEqual([1, 2]);
  });

  it("may say so by an error; the first begins a new epoch, those behind it do not", () => {
    const sending = Sending.attached();
    sending.giveAll("a", "b");
    const [a, b] = sending.wire.sent.splice(0);
    const error = new RnpError("SESSION_LOST", "", {
      details: { channel: "control", epoch: 1000 },
    });
    sending.refuse(a!, error);
    sending.refuse(b!, error);
    expect(sending.channel.epoch).toBe(1001);
    expect(sending.wire.take()).toEqual([1, 2]);
  });

  it("leaves what is given up afterwards unknown, even if the copy in the new epoch was refused", () => {
    const sending = Sending.attached();
    sending.give("a");
    sending.channel.detach(0, LOST);
    sending.attach(undefined, 2);
    sending.refuse(sending.wire.sent[0]!, NO);
    expect(sending.fate("a")).toBe("CONFLICT unknown");
  });

  it("whose epoch is above ours is sent everything above that", () => {
    const sending = Sending.attached();
    sending.give("a");
    sending.channel.detach(0, LOST);
    sending.attach({ epoch: 5000, seq: 9 });
    expect(sending.wire.sent).toMatchObject([{ seq: 1, epoch: 5001 }]);
  });
});

it("gives all to a path without channels, and remembers what may have arrived", () => {
  const sending = Sending.attached();
  sending.give("a");
  sending.channel.detach(0, LOST);
  sending.give("b");
  const all = sending.channel.takeAll();
  expect(all.map(({ data, isHaunted }) => [data, isHaunted])).toEqual([
    ["a", true],
    ["b", false],
  ]);
  expect(sending.channel.isEmpty).toBe(true);
});

it("leaves a message unknown that was refused for now while a copy of it may come late", () => {
  const sending = Sending.attached();
  sending.give("a", { giveUpAt: 150 });
  sending.channel.detach(0, LOST);
  sending.attach({ seq: 0 });
  sending.refuse(sending.wire.sent[0]!, BUSY);
  expect(sending.fate("a")).toBe("BACKPRESSURE unknown");
});
