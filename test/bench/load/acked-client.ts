import { createNode, type Peer } from "../../../runtime/index.js";
import type { CertificatePaths } from "../../../runtime/security/certificate-files.js";
import { type Ended, type InFlightOptions, keepInFlight } from "./in-flight.js";
import { INSTANCE_STOPPED } from "./messages.js";

let peer: Peer;

/** Connects to the node that counts, with one connection. */
export async function connectAcked(identity: CertificatePaths, address: string): Promise<void> {
  const network = { control_pool_size: 1, peer_pool_size: 1 };
  const node = await createNode({ identity, network });
  peer = await node.peerAt(address);
}

/** Sends at-least-once for a while, with always as many not acknowledged yet. */
export function sendAcked(options: InFlightOptions): Promise<Ended> {
  return keepInFlight(options, (settle) => {
    peer.instance.stopped(INSTANCE_STOPPED).then(() => settle(), settle);
  });
}
