import { setTimeout as sleep } from "node:timers/promises";
import { createNode, isRnpError, type NodeOptions, type RnpNode } from "../../../runtime/index.js";
import type { ReceiverOrders } from "./orders.js";
import { say } from "./say.js";

/*
 * A process that handles numbered messages until it is killed. It begins when it has its orders, and says
 * `handled N` for each message at the end of its handler.
 */

process.once("message", (orders) => void live(orders as ReceiverOrders));
process.once("disconnect", () => process.exit());

async function live({ identity, listen }: ReceiverOrders): Promise<void> {
  const node = await listening({ identity, listen });
  node.handle("instance.stopped", async ({ exit_code: number }) => {
    // Some are handled at once, and some are at work when the process is killed.
    if (number % SLOW_ONE_IN === 0) await sleep(1);
    say("handled", number);
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
