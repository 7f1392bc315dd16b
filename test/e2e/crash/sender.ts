import { setTimeout as sleep } from "node:timers/promises";
import { createNode, type Peer, RnpError, type RnpNode } from "../../../runtime/index.js";
import type { SenderOrders } from "./orders.js";
import { say } from "./say.js";

/*
 * A process that sends numbered messages until it is killed. It begins when it has its orders, and says of each
 * message `delivered N` or `failed N CODE OUTCOME`. Told anything more, it sends nothing new, and says
 * `through` when all has ended.
 */

let isFinishing = false;
let next = 0;

process.once("message", (orders) => {
  process.once("message", () => {
    isFinishing = true;
  });
  void live(orders as SenderOrders);
});
process.once("disconnect", () => process.exit());

async function live({ identity, address, firstNumber }: SenderOrders): Promise<void> {
  next = firstNumber;
  const peer = await peerAt(await createNode({ identity, network: ONE_CONNECTION }), address);
  const loops = CHANNELS.flatMap((channel) => Array(IN_FLIGHT).fill(channel));
  await Promise.all(loops.map((channel: string) => sendOn(peer, channel)));
  say("through");
}

/** The receiver may be down just now. */
async function peerAt(node: RnpNode, address: string): Promise<Peer> {
  for (;;) {
    try {
      return await node.peerAt(address);
    } catch {
      await sleep(PAUSE_MS);
    }
  }
}

async function sendOn(peer: Peer, channel: string): Promise<void> {
  while (!isFinishing) {
    const number = next++;
    await peer.instance.stopped(messageOf(number), { channel, timeoutMs: TIMEOUT_MS }).then(
      () => say("delivered", number),
      (thrown) => sayFailed(number, thrown),
    );
  }
}

async function sayFailed(number: number, thrown: unknown): Promise<void> {
  if (!(thrown instanceof RnpError)) throw thrown;
  say("failed", number, thrown.code, thrown.outcome);
  await sleep(PAUSE_MS);
}

function messageOf(exit_code: number) {
  return { instance_id: "inst-1", exit_code, reason: "terminated", runtime_seconds: 1 };
}

const CHANNELS = ["one", "two"];
/** In each of them. */
const IN_FLIGHT = 32;
const ONE_CONNECTION = { control_pool_size: 1 };
/** Longer than a receiver is ever away. */
const TIMEOUT_MS = 20_000;
const PAUSE_MS = 20;
