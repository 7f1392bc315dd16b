import { setTimeout as sleep } from "node:timers/promises";
import { createNode, type IntegrityOptions, type RnpNode } from "../../../runtime/index.js";
import type { CertificatePaths } from "../../../runtime/security/certificate-files.js";
import { monotonicMs } from "./clock.js";

let node: RnpNode;
let countedHeartbeats = 0;

/** Starts a node of the cluster; gives its address. */
export async function serveRnp(
  identity: CertificatePaths,
  integrity?: IntegrityOptions,
): Promise<string> {
  const protection = integrity ? { integrity } : {};
  node = await createNode({ identity, listen: "127.0.0.1:0", ...protection });
  return node.address!;
}

/**
 * When the node has handled `count` heartbeats more than at the last time. Heartbeats belong to the node,
 * so its statistics are what tells of them, and nobody asks for those while heartbeats are sent.
 */
export async function heartbeatsHandled(count: number): Promise<number> {
  while (received() < countedHeartbeats + count) await sleep(1);
  countedHeartbeats += count;
  return monotonicMs();
}

function received(): number {
  return node.stats()["gossip.heartbeat"]?.received ?? 0;
}
