import { describe, expect, it } from "vitest";
import { RnpError } from "../../../../runtime/core/error.js";
import { Nodes } from "../../../support/channel-nodes.js";

const BUSY = new RnpError("BACKPRESSURE", "not now", { outcome: "rejected" });
const NO = new RnpError("CONFLICT", "it never ran", { outcome: "rejected" });
const LATE = new RnpError("TIMEOUT", "the handler took too long", { outcome: "unknown" });
const ONCE = ["exactly-once-while-running", "exactly-once"] as const;

/** Two nodes, and messages of the promise `promise` on their way in one channel. */
function sent(promise: (typeof ONCE)[number] | "at-least-once", ...names: string[]): Nodes {
  const nodes = new Nodes(promise === "exactly-once").connect();
  for (const name of names) nodes.give(name, { promise });
  nodes.pair.settle();
  return nodes;
}

describe.each(ONCE)("a message %s", (promise) => {
  it("does not run again after its handler was late, though the error was lost with the connection", async () => {
    const nodes = sent(promise, "a");
    await nodes.refuseFirst(LATE, { isLost: true });
    nodes.reconnect();
    expect(nodes.received).toEqual([]);
    expect(nodes.fates.all.get("a")).toBe("TIMEOUT unknown");
  });

  it("does not run again, however many connections are lost before its sender hears why", async () => {
    const nodes = sent(promise, "a");
    await nodes.refuseFirst(LATE, { isLost: true });
    for (let count = 0; count < 2; count++) {
      nodes.cut();
      nodes.connect();
    }
    nodes.pair.settle();
    expect(nodes.received).toEqual([]);
    expect(nodes.fates.all.get("a")).toBe("TIMEOUT unknown");
  });

  it("whose handler was late turns nothing away that is behind it", async () => {
    const nodes = sent(promise, "a", "b", "c");
    const { server } = nodes.pair;
    await nodes.refuseFirst(LATE);
    expect(nodes.fates.all.get("a")).toBe("TIMEOUT unknown");
    const [, b, c] = server.messages;
    expect([b!.isTurnedAway, c!.isTurnedAway]).toEqual([false, false]);
    for (const message of [b!, c!]) server.connection.replies.settle(message);
    await new Promise(setImmediate); // What is durable is so a little later.
    nodes.pair.settle();
    expect(nodes.received).toEqual(["a", "b", "c"]);
    expect(nodes.fates.all.get("b")).toBe("delivered");
    expect(nodes.fates.all.get("c")).toBe("delivered");
  });

  it("runs again after it was refused before it had acted", async () => {
    const nodes = sent(promise, "a");
    await nodes.refuseFirst(BUSY, { isLost: true });
    nodes.reconnect();
    expect(nodes.received).toEqual(["a"]);
  });

  it("was rejected where its last copy was, as an earlier one cannot have acted", async () => {
    const nodes = new Nodes(promise === "exactly-once").connect();
    nodes.pair.isCut = true;
    nodes.give("a", { promise });
    nodes.pair.settle();
    nodes.reconnect();
    await nodes.refuseFirst(NO);
    expect(nodes.fates.all.get("a")).toBe("CONFLICT rejected");
  });
});

describe("a message at-least-once", () => {
  it("runs again after its handler was late", async () => {
    const nodes = sent("at-least-once", "a");
    await nodes.refuseFirst(LATE, { isLost: true });
    nodes.reconnect();
    expect(nodes.received).toEqual(["a"]);
  });

  it("is unknown where an earlier run of it may have acted, though the last one was rejected", async () => {
    const nodes = sent("at-least-once", "a");
    await nodes.refuseFirst(LATE, { isLost: true });
    nodes.reconnect();
    await nodes.refuseFirst(NO);
    expect(nodes.fates.all.get("a")).toBe("CONFLICT unknown");
  });

  it("is unknown then, even where the word of the last one was lost as well", async () => {
    const nodes = sent("at-least-once", "a");
    await nodes.refuseFirst(LATE, { isLost: true });
    nodes.reconnect();
    await nodes.refuseFirst(NO, { isLost: true });
    nodes.reconnect();
    expect(nodes.fates.all.get("a")).toBe("CONFLICT unknown");
  });

  it("was rejected where the one run of it said so, though that was lost", async () => {
    const nodes = sent("at-least-once", "a");
    await nodes.refuseFirst(NO, { isLost: true });
    nodes.reconnect();
    expect(nodes.fates.all.get("a")).toBe("CONFLICT rejected");
  });
});

it("says of a message what it is promised, and nothing of what is promised at-least-once", () => {
  const nodes = sent("at-least-once", "a");
  nodes.give("b", { promise: "exactly-once-while-running" });
  nodes.give("c");
  nodes.pair.settle();
  const { messages, meter } = nodes.pair.server;
  const promises = messages.map(({ promise }) => promise);
  expect(promises).toEqual(["at-least-once", "exactly-once-while-running", "at-least-once"]);
  expect(messages.map(({ size }) => size - messages[0]!.size)).toEqual([0, ONCE_SIZE, 0]);
  expect(meter.referenceCount).toBe(0);
});

/** "once" and true. */
const ONCE_SIZE = 6;
