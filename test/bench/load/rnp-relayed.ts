import { createNode, type Peer } from "../../../runtime/index.js";
import type { CertificatePaths } from "../../../runtime/security/certificate-files.js";
import { pingNow } from "./messages.js";

let peer: Peer;

/** Connects to a node by an address that is not its own. */
export async function connectRelayed(identity: CertificatePaths, address: string): Promise<void> {
  const node = await createNode({ identity });
  peer = await node.peerAt(address);
}

/** Pings one after the other. */
export async function pingRelayed(count: number): Promise<void> {
  for (let index = 0; index < count; index++) await peer.ping(pingNow());
}
