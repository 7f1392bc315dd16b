import { setTimeout as sleep } from "node:timers/promises";
import {
  createNode,
  type HandlerContext,
  isRnpError,
  type NodeOptions,
  type RnpNode,
} from "../../../runtime/index.js";
import { disorderKey, type ReceiverOrders, runsKey } from "./orders.js";
import { say } from "./say.js";

/*
 * A process that handles numbered messages until it is killed. It begins when it has its orders. Of a message
 * that was promised at-least-once it says `least handled N` at the end of its handler; of others it counts in
 * its store, where all that counts is what is there after the kill.
 */

process.once("message", (orders) => void live(orders as ReceiverOrders));
process.once("disconnect", () => process.exit());

async function live(orders: ReceiverOrders): Promise<void> {
  const node = await listening(orders);
  node.handle("instance.stopped", async ({ reason: lane, exit_code: number }, ctx) => {
    // Some are handled at once, and some are at work when the process is killed, before or after their effect.
    if (number % SLOW_ONE_IN === 0) await sleep(1);
    if (lane === "least") return say(lane, "handled", number);
    countRun(lane, number, ctx);
    if (number % SLOW_ONE_IN === 1) await sleep(1);
  });
}

/** Counts that the handler of a message has run, and whether it ran in its turn. */
function countRun(lane: string, number: number, ctx: HandlerContext): void {
  const [key, lastKey] = [runsKey(lane, number), `last/${lane}`];
  ctx.transaction((tx) => {
    tx.put(key, Number(tx.get(key) ?? 0) + 1);
    const last = Number(tx.get(lastKey) ?? -1);
    if (last > number) tx.put(disorderKey(number), last);
    tx.put(lastKey, number);
  });
}

/** While nobody listened, the system may have lent the port to somebody else. */
async function listening(options: NodeOptions): Promise<RnpNode> {
  for (;;) {
    try {
      return await createNode(options);
    } catch (thrown) {
      if (!isRnpError(thrown) || thrown.code !== "UNAVAILABLE") throw thrown;
      await sleep(PAUSE_MS);
    }
  }
}

const SLOW_ONE_IN = 4;
const PAUSE_MS = 20;
