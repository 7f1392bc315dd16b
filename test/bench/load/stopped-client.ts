import { createNode, type NodeOptions, type Peer } from "../../../runtime/index.js";
import { type Ended, type InFlightOptions, keepInFlight } from "./in-flight.js";
import { instanceStopped } from "./messages.js";

let peer: Peer;
let sent = 0;

/** Starts a node and connects it with the one at `address`, by one connection. */
export async function connectStopped(
  options: Pick<NodeOptions, "identity" | "store">,
  address: string,
): Promise<void> {
  const node = await createNode({ ...options, network: { control_pool_size: 1 } });
  peer = await node.peerAt(address);
}

/** Sends for a while, with always as many that have not been acknowledged. */
export function sendStopped(
  delivery: "at-least-once" | "exactly-once",
  options: InFlightOptions,
): Promise<Ended> {
  return keepInFlight(options, (settle) => {
    sent += 1;
    peer.instance.stopped(instanceStopped(sent), { delivery }).then(() => settle(), settle);
  });
}
