import type { RnpNode } from "../../index.js";
import type { Input, Output } from "./ipc.js";

/** Has a node take an instance over from another one, and stays until it runs there. */
export async function moveInstance(
  node: RnpNode,
  { to, ...order }: Input<"move-instance">,
): Promise<Output<"move-instance">> {
  const startedAtMs = performance.now();
  const signal = AbortSignal.timeout(MOVE_TIMEOUT_MS);
  for await (const { state, bytes } of node.peer(to).instance.move(order, { signal })) {
    if (state !== "done") continue;
    return { bytes, ms: Math.round((performance.now() - startedAtMs) * 10) / 10 };
  }
  throw new Error(
    `${to} ended the move of ${order.instance_id} without having said that it is done`,
  );
}

/** Its node may take some seconds to stop it, and the other one to start it. */
const MOVE_TIMEOUT_MS = 30_000;
