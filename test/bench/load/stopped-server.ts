import { createNode, type NodeOptions } from "../../../runtime/index.js";

let count = 0;

/**
 * Starts a node whose handler counts messages, and where there is a store, writes down what it is told of each
 * instance; gives its address.
 */
export async function serveStopped(
  options: Pick<NodeOptions, "identity" | "store">,
): Promise<string> {
  const node = await createNode({ ...options, listen: "127.0.0.1:0" });
  const hasStore = options.store !== undefined;
  node.handle("instance.stopped", ({ instance_id, runtime_seconds }, ctx) => {
    count += 1;
    if (hasStore) ctx.transaction((tx) => tx.put(instance_id, runtime_seconds));
  });
  return node.address!;
}

/** How many messages the handler has seen since it was last asked. */
export function handledSince(): number {
  const handled = count;
  count = 0;
  return handled;
}
