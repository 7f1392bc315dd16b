import { setTimeout as sleep } from "node:timers/promises";
import {
  createNode,
  type InstanceStopped,
  isRnpError,
  type Peer,
  type RnpNode,
  type Undelivered,
} from "../../../runtime/index.js";
import { acceptedKey, type Lane, RECEIVER_ID, type SenderOrders } from "./orders.js";
import { say } from "./say.js";

/*
 * A process that sends numbered messages until it is killed. It begins when it has its orders, and says of each
 * message `LANE delivered N` or `LANE failed N CODE OUTCOME`; of those that a transaction sends, `outbox accepted
 * N` when that is durable. Told anything more, it sends nothing new, and says `sender finished` when all has come
 * to its end.
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

async function live({ address, lanes, firstNumber, ...own }: SenderOrders): Promise<void> {
  next = firstNumber;
  const network = { control_pool_size: 1 };
  const node = await createNode({ ...own, network, onUndelivered: sayUndelivered });
  const peer = await peerAt(node, address);
  await Promise.all(lanes.flatMap((lane) => sendOn(lane, node, peer)));
  // What is in a channel is handled in its order, so all that has been accepted is settled before this.
  if (lanes.includes("outbox")) await send("outbox", "exactly-once", peer);
  say("sender", "finished");
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

/** Sends until it is told to finish, with always as many on their way. */
function sendOn(lane: Lane, node: RnpNode, peer: Peer): Promise<void>[] {
  const step = {
    least: () => send(lane, "at-least-once", peer),
    once: () => send(lane, "exactly-once", peer),
    outbox: () => accept(node),
  }[lane];
  return Array.from({ length: IN_FLIGHT[lane] }, async () => {
    while (!isFinishing) await step();
  });
}

async function send(
  lane: Lane,
  delivery: "at-least-once" | "exactly-once",
  peer: Peer,
): Promise<void> {
  const number = next++;
  const options = { delivery, channel: lane, timeoutMs: TIMEOUT_MS };
  await peer.instance.stopped(messageOf(lane, number), options).then(
    () => say(lane, "delivered", number),
    (thrown) => sayFailed(lane, number, thrown),
  );
}

/** Nobody waits for what a transaction sends, so it is the pace that keeps its number within bounds. */
async function accept(node: RnpNode): Promise<void> {
  const number = next++;
  const accepted = node.store.transaction((tx) => {
    tx.put(acceptedKey(number), true);
    tx.send(RECEIVER_ID, "instance.stopped", messageOf("outbox", number), { channel: "outbox" });
  });
  await accepted.then(
    () => say("outbox", "accepted", number),
    (thrown) => sayFailed("outbox", number, thrown),
  );
  await sleep(PACE_MS);
}

async function sayFailed(lane: Lane, number: number, thrown: unknown): Promise<void> {
  if (!isRnpError(thrown)) throw thrown;
  say(lane, "failed", number, thrown.code, thrown.outcome);
  await sleep(PAUSE_MS);
}

/** Nobody awaits it: a transaction sent it, or an earlier life did. */
function sayUndelivered({ data, error }: Undelivered): void {
  const { reason: lane, exit_code: number } = data as InstanceStopped;
  say(lane, "failed", number, error.code, error.outcome);
}

function messageOf(lane: Lane, number: number): InstanceStopped {
  return { instance_id: "inst-1", exit_code: number, reason: lane, runtime_seconds: 1 };
}

const IN_FLIGHT: Readonly<Record<Lane, number>> = { least: 64, once: 32, outbox: 4 };
/** Longer than a receiver is ever away. */
const TIMEOUT_MS = 20_000;
const PAUSE_MS = 20;
const PACE_MS = 5;
