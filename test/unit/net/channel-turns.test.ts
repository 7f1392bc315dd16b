import { describe, expect, it } from "vitest";
import { FS_REPLICATE } from "../../../generated/messages/fs/replicate.js";
import { SYNC_REQUEST } from "../../../generated/messages/sync/request.js";
import { OutgoingMessage } from "../../../runtime/core/delivery/sending/outgoing.js";
import { RetryBudget } from "../../../runtime/core/delivery/sending/retry-budget.js";
import { SendChannel } from "../../../runtime/core/delivery/sending/send-channel.js";
import { TrafficMeter } from "../../../runtime/core/traffic-meter.js";
import { CallAwaiter } from "../../../runtime/net/awaiter.js";
import { now } from "../../../runtime/net/clock.js";
import { UNORDERED } from "../../support/channel-pair.js";
import { type LinkPair, linkPair, until } from "../../support/link-pair.js";
import { ASK, chunk, TABLES } from "../../support/two-nodes.js";

/** Messages after which a flood ends that nothing got through. */
const FLOOD_COUNT = 1500;

/** Sends messages in a channel on the client's link; settles when they are acknowledged. */
function deliver({ client }: LinkPair, count = 1, size = 10): Promise<unknown> {
  const options = { name: "control", peer: "node-2", epoch: 1000, meter: new TrafficMeter() };
  const idSeed = "11111111-0000-4000-8000-000000000000";
  const channel = new SendChannel({ ...options, idSeed, budget: new RetryBudget() });
  client.link.carry(channel);
  const give = (index: number) => {
    const [token, giveUpAt] = [new CallAwaiter(), now() + 60_000];
    const data = chunk(size, index);
    channel.accept(
      now(),
      new OutgoingMessage(UNORDERED, data, {}, "at-least-once", giveUpAt, token),
    );
    return token.promise;
  };
  return Promise.all(Array.from({ length: count }, (_, index) => give(index)));
}

/** The server is done with one message a turn, for which the client does `more`; how many came before the channel's. */
async function countBefore({ server }: LinkPair, more: () => void): Promise<number> {
  for (let count = 0; count < FLOOD_COUNT; count++) {
    await until(() => server.messages.length > count);
    await new Promise(setImmediate);
    const message = server.messages[count]!;
    if (message.type === SYNC_REQUEST) server.link.replies.answer(message, TABLES);
    else server.link.replies.settle(message);
    if (message.channel !== undefined) return count;
    more();
  }
  return FLOOD_COUNT;
}

describe("a message in a channel is delivered in its turn", () => {
  it("while posts keep the credit of a slow peer used up", async () => {
    const pair = await linkPair();
    const post = () => void pair.client.link.post(FS_REPLICATE, chunk(10_000));
    for (let count = 0; count < 100; count++) post();
    const delivery = deliver(pair);
    expect(await countBefore(pair, post)).toBeLessThan(15);
    await delivery;
  });

  it("while requests do", async () => {
    const pair = await linkPair();
    const request = () => void pair.client.link.request(SYNC_REQUEST, ASK, { timeoutMs: 60_000 });
    for (let count = 0; count < 2000; count++) request();
    await until(() => pair.server.messages.length > 0);
    const windowCount = pair.server.messages.length;
    const delivery = deliver(pair);
    expect(await countBefore(pair, request)).toBeLessThan(1.1 * windowCount);
    await delivery;
  });

  it("where the socket was full before the credit was used up, and is full whenever some comes", async () => {
    const pair = await linkPair();
    const post = () => void pair.client.link.post(FS_REPLICATE, chunk(300_000));
    post();
    const delivery = deliver(pair);
    for (let count = 0; count < 20; count++) post();
    expect(await countBefore(pair, post)).toBeLessThan(10);
    await delivery;
  });
});

it("goes on with a channel each time that the socket has room again, though nothing is acknowledged", async () => {
  const pair = await linkPair({ capabilities: ["bin", "delivery"] });
  void deliver(pair, 200, 10_000);
  expect(pair.client.link.queuedBytes).toBeLessThan(300_000);
  await until(() => pair.server.messages.length === 200);
});
