import { setTimeout as sleep } from "node:timers/promises";
import { createNode, type Peer, type RnpNode, TIMINGS } from "../../../runtime/index.js";
import type { CertificatePaths } from "../../../runtime/security/certificate-files.js";
import { heartbeatOf } from "./messages.js";
import { someAtATime } from "./some-at-a-time.js";

/** What a crowd consists of. */
export interface Crowd {
  /** One for each member. */
  readonly identities: readonly CertificatePaths[];
  /** Connections that each of them dials. */
  readonly connectionCount: number;
  /** The node that they all connect to. */
  readonly address: string;
}

let dialledCount = 0;
let failedCount = 0;

/**
 * Begins to start a crowd, in the background: what goes wrong ends the process. Each is a full member, with
 * the timeline of the specification, but knows only the one node: it does not join, but announces itself.
 * Over each of its further connections it sends a heartbeat as often as over the first.
 */
export function startCrowd({ identities, connectionCount, address }: Crowd): void {
  const dials = identities.flatMap((identity) => Array(connectionCount).fill(identity));
  void someAtATime<CertificatePaths>(dials, DIALS_AT_ONCE, async (identity, index) => {
    await (index % connectionCount === 0 ? member(identity, address) : extra(identity, address));
    dialledCount += 1;
  });
}

/** How many connections it has dialled so far, and how often that failed. */
export function dials(): { dialled: number; failed: number } {
  return { dialled: dialledCount, failed: failedCount };
}

async function member(identity: CertificatePaths, address: string): Promise<void> {
  const node = await createNode({ identity, listen: "127.0.0.1:0" });
  const peer = await dial(node, address);
  await peer.gossip.announce({ address: node.address!, version: "1.0.0", capabilities: [] });
}

async function extra(identity: CertificatePaths, address: string): Promise<void> {
  const node = await createNode({ identity });
  const peer = await dial(node, address);
  let sequence = 0;
  setInterval(() => {
    sequence += 1;
    void peer.gossip.heartbeat(heartbeatOf(sequence));
  }, TIMINGS.specification.heartbeatIntervalMs);
}

/** On a machine that is busy with something else, a handshake can take longer than a node waits for it. */
async function dial(node: RnpNode, address: string): Promise<Peer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await node.peerAt(address);
    } catch (error) {
      failedCount += 1;
      if (attempt === ATTEMPT_COUNT_MAX) throw error;
      await sleep(PAUSE_MS);
    }
  }
}

/** Enough to keep both sides busy, and few enough for each handshake to be done in time. */
const DIALS_AT_ONCE = 16;
const ATTEMPT_COUNT_MAX = 5;
const PAUSE_MS = 500;
