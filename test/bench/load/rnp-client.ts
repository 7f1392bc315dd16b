import { createNode, type IntegrityOptions, type Peer } from "../../../runtime/index.js";
import type { CertificatePaths } from "../../../runtime/security/certificate-files.js";
import { monotonicMs } from "./clock.js";
import { type Ended, type InFlightOptions, keepInFlight } from "./in-flight.js";
import { heartbeatOf, pingNow } from "./messages.js";
import { BATCH_COUNT, type Sent } from "./sent.js";

let peer: Peer;

/**
 * Starts a second member, which sends all to the first one on one connection. The two know each other, so
 * that each heartbeat goes through the member table; those that they send by themselves, one in ten
 * seconds, do not count.
 */
export async function joinRnp(
  identity: CertificatePaths,
  address: string,
  integrity?: IntegrityOptions,
): Promise<void> {
  const protection = integrity ? { integrity } : {};
  const network = { peer_pool_size: 1 };
  const node = await createNode({
    identity,
    listen: "127.0.0.1:0",
    join: [address],
    network,
    ...protection,
  });
  for await (const { node: id, state } of node.members()) {
    if (state !== "alive") continue;
    peer = node.peer(id);
    return;
  }
}

/** Sends heartbeats for a while. */
export async function sendHeartbeats(durationMs: number): Promise<Sent> {
  const startedAtMs = monotonicMs();
  let count = 0;
  while (monotonicMs() - startedAtMs < durationMs) {
    // One that fails ends the process, and with it the benchmark.
    for (let more = 1; more < BATCH_COUNT; more++) void peer.gossip.heartbeat(heartbeatOf(count++));
    await peer.gossip.heartbeat(heartbeatOf(count++));
  }
  return { count, startedAtMs };
}

/** Pings for a while, with always as many under way. */
export function pingInFlight(options: InFlightOptions): Promise<Ended> {
  return keepInFlight(options, (settle) => {
    peer.ping(pingNow()).then(() => settle(), settle);
  });
}
