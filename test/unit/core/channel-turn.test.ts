import { describe, expect, it } from "vitest";
import { FS_REPLICATE } from "../../../generated/messages/fs/replicate.js";
import { ChannelTurn } from "../../../runtime/core/channel-turn.js";
import { OutgoingMessage } from "../../../runtime/core/delivery/sending/outgoing.js";
import { RetryBudget } from "../../../runtime/core/delivery/sending/retry-budget.js";
import { SendChannel } from "../../../runtime/core/delivery/sending/send-channel.js";
import type { InboundMessage } from "../../../runtime/core/inbound.js";
import { Outbound } from "../../../runtime/core/outbound.js";
import { SendCredit } from "../../../runtime/core/send-credit.js";
import { TrafficMeter } from "../../../runtime/core/traffic-meter.js";
import { HOST } from "../../../runtime/net/clock.js";
import { UNORDERED } from "../../support/channel-pair.js";
import type { Pair } from "../../support/pair.js";
import { chunk, exhaust, twoNodes } from "../../support/two-nodes.js";

/** Each chunk of the flood, and of the channels, takes about so much credit. */
const SIZE = 10_000;
/** Frames of the flood that wait for credit at any time. */
const HELD_COUNT = 50;

/** A client that keeps the credit of a slow server used up, and has channels besides. */
class Flood {
  readonly pair: Pair = twoNodes();
  /** What the server has been given, by the channel that it came in. */
  readonly counts = new Map<string | undefined, number>();
  readonly #size: number;
  #settledCount = 0;

  constructor(size = SIZE) {
    this.#size = size;
    exhaust(this.pair.client);
    for (let count = 0; count < HELD_COUNT; count++) this.#post();
  }

  /** Messages wait in a channel. */
  fill(name: string, count: number, size = SIZE): void {
    const { client, now } = this.pair;
    const options = { name, peer: "node-2", epoch: 1000, meter: new TrafficMeter() };
    const idSeed = "11111111-0000-4000-8000-000000000000";
    const channel = new SendChannel({ ...options, idSeed, budget: new RetryBudget() });
    client.connection.carry(now, channel);
    for (let index = 0; index < count; index++) {
      const token = { settled() {}, failed() {} };
      const data = chunk(size, index);
      const message = new OutgoingMessage(UNORDERED, data, {}, "at-least-once", 60_000, token);
      channel.accept(now, message);
    }
  }

  /** The server is done with one message after the other; for each the flood sends another. */
  handle(count: number): this {
    for (let index = 0; index < count; index++) {
      this.pair.settle();
      this.pair.server.connection.replies.settle(this.#next());
      this.#post();
    }
    return this;
  }

  /** The server is done with all that has come, together. */
  handleAll(): InboundMessage[] {
    this.pair.settle();
    const { connection, messages } = this.pair.server;
    const all = messages.slice(this.#settledCount);
    this.#settledCount = messages.length;
    for (const message of all) connection.replies.settle(message);
    return all;
  }

  countOf(channel: string | undefined): number {
    return this.counts.get(channel) ?? 0;
  }

  #next(): InboundMessage {
    const message = this.pair.server.messages[this.#settledCount++]!;
    const name = message.channel?.name;
    this.counts.set(name, this.countOf(name) + 1);
    return message;
  }

  #post(): void {
    this.pair.client.connection.send(FS_REPLICATE, chunk(this.#size));
  }
}

describe("a channel on a connection whose credit is always used up", () => {
  it("sends a message before those that were held for credit long ago", () => {
    const flood = new Flood();
    flood.fill("bulk", 1);
    flood.handle(15);
    expect(flood.countOf("bulk")).toBe(1);
  });

  it("sends about as much as all others together, and no more", () => {
    const flood = new Flood();
    flood.fill("bulk", 200);
    flood.handle(200);
    expect(flood.countOf("bulk")).toBeGreaterThan(60);
    expect(flood.countOf(undefined)).toBeGreaterThan(60);
  });

  it("does so where a message takes all the credit that comes at once, and that of the next grants", () => {
    for (const [floodSize, channelSize] of [
      [SIZE, 4 * SIZE],
      [4 * SIZE, SIZE],
      [60_000, 60_000],
    ] as const) {
      const flood = new Flood(floodSize);
      flood.fill("bulk", 200, channelSize);
      flood.handle(100);
      expect(flood.countOf("bulk")).toBeGreaterThan(10);
      expect(flood.countOf(undefined)).toBeGreaterThan(10);
    }
  });

  it("shares what comes at once", () => {
    const flood = new Flood();
    flood.fill("bulk", 20);
    flood.handleAll();
    const arrived = flood.handleAll();
    expect(arrived.filter(({ channel }) => channel !== undefined)).toHaveLength(4);
    expect(arrived.length).toBeGreaterThan(6);
  });

  it("takes turns with other channels", () => {
    const flood = new Flood();
    for (const name of ["a", "b", "c"]) flood.fill(name, 100);
    flood.handle(200);
    for (const name of ["a", "b", "c"]) expect(flood.countOf(name)).toBeGreaterThan(15);
  });

  it("leaves alone what was held where nothing waits in it", () => {
    const flood = new Flood();
    flood.fill("bulk", 0);
    expect(flood.handle(30).countOf(undefined)).toBe(30);
  });
});

describe("the turn of channels", () => {
  it("comes round where only every second grant lets anything leave", () => {
    const outbound = new Outbound("node-1", HOST, new TrafficMeter());
    outbound.write(FS_REPLICATE, chunk(SIZE));
    const size = outbound.queuedSize;
    outbound.credit.limit(0);
    for (let count = 0; count < 20; count++) outbound.write(FS_REPLICATE, chunk(SIZE));
    let sentCount = 0;
    const send = () => {
      sentCount += 1;
      outbound.credit.spend(size);
      outbound.awaitRoomInChannel(send);
    };
    outbound.awaitRoomInChannel(send);
    outbound.take();
    const heldSize = outbound.queuedSize;
    for (let count = 0; count < 20; count++) outbound.grant(size / 2);
    outbound.take();
    expect(sentCount).toBe(5);
    expect(outbound.queuedSize).toBe(heldSize - 5 * size);
  });

  it("goes on the next time with those that found no credit", () => {
    const [turn, credit, sent] = [new ChannelTurn(), new SendCredit(), [] as string[]];
    credit.limit(0);
    const send = (name: string) => () => {
      sent.push(name);
      credit.spend(2);
      turn.await(send(name));
    };
    for (const name of ["a", "b", "c"]) turn.await(send(name));
    for (let count = 0; count < 6; count++) {
      turn.give(credit, 0);
      credit.add(2);
    }
    expect(sent.join("")).toBe("abcab");
  });

  it("is over once they have been let", () => {
    const [turn, credit, floors] = [new ChannelTurn(), new SendCredit(), [] as number[]];
    credit.limit(10);
    turn.await(() => floors.push(turn.floor));
    turn.give(credit, 5);
    turn.give(credit, 0);
    expect(floors).toEqual([5]);
    expect(turn.floor).toBe(Number.POSITIVE_INFINITY);
    expect(turn.isAwaited).toBe(false);
  });
});
