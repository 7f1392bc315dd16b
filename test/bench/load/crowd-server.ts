import { createNode, type RnpNode } from "../../../runtime/index.js";
import type { CertificatePaths } from "../../../runtime/security/certificate-files.js";

let node: RnpNode;
let suspicionCount = 0;

/** Starts a node with room for a crowd, with the timeline of the specification; gives its address. */
export async function serveCrowd(identity: CertificatePaths): Promise<string> {
  const network = { max_connections: CONNECTION_COUNT_MAX };
  node = await createNode({ identity, listen: "127.0.0.1:0", network, limits: OPEN_DOOR });
  void countSuspicions();
  return node.address!;
}

/** Members that it believes to be alive, itself included. */
export function aliveCount(): number {
  return node.memberList().filter(({ state }) => state === "alive").length;
}

/** How often it has taken a member for suspect or dead. */
export function suspicions(): number {
  return suspicionCount;
}

/** Heartbeats so far. */
export function heartbeats(): { sent: number; received: number } {
  const { sent = 0, received = 0 } = node.stats()["gossip.heartbeat"] ?? {};
  return { sent, received };
}

async function countSuspicions(): Promise<void> {
  for await (const { state } of node.members()) {
    if (state === "suspect" || state === "dead") suspicionCount += 1;
  }
}

/** All that a process may have open here, less a little. */
const CONNECTION_COUNT_MAX = 19_000;
/** They all come from one address, and as fast as they can. */
const OPEN_DOOR = {
  unprovenMax: CONNECTION_COUNT_MAX,
  unprovenPerAddressMax: CONNECTION_COUNT_MAX,
  handshakesPerSecond: CONNECTION_COUNT_MAX,
  handshakeBurst: CONNECTION_COUNT_MAX,
};
