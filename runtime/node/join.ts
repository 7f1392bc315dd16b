import { GOSSIP_ANNOUNCE, type GossipAnnounce } from "../../generated/messages/gossip/announce.js";
import { SYNC_REQUEST } from "../../generated/messages/sync/request.js";
import type { SyncResponse } from "../../generated/messages/sync/response.js";
import { reconnectDelayMs } from "../core/backoff.js";
import { toRnpError } from "../core/error.js";
import type { PeerIdentity } from "../core/identity.js";
import { pause } from "../net/patience.js";
import { isTerminal } from "../net/redial.js";
import type { Directory } from "./directory.js";
import type { Logger } from "./logger.js";

export interface JoinOptions {
  readonly directory: Directory;
  /** What this node tells of itself; a client tells nothing. */
  readonly announcement: GossipAnnounce | undefined;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Who a seed is, and what it knows. */
export interface Introduction {
  readonly seed: PeerIdentity;
  readonly table: SyncResponse;
}

/**
 * Dials one seed until it has told its member table. Waits between attempts with full jitter, without
 * end: a cluster may start in any order. Only what no waiting mends ends it.
 *
 * @throws RnpError `AUTH_FAILED`, `UNAUTHORIZED` or `VERSION_MISMATCH`; `CANCELLED` when the node closes
 */
export async function joinBy(address: string, options: JoinOptions): Promise<Introduction> {
  const { logger, signal } = options;
  for (let failureCount = 1; ; failureCount++) {
    try {
      return await askForTable(address, options);
    } catch (thrown) {
      const error = toRnpError(thrown);
      if (isTerminal(error) || signal.aborted) throw error;
      logger.warn({ address, error }, "could not join yet");
      await pause(reconnectDelayMs(failureCount, Math.random()), signal);
    }
  }
}

async function askForTable(
  address: string,
  { directory, announcement, signal }: JoinOptions,
): Promise<Introduction> {
  const link = await directory.introduce(address, { signal });
  try {
    // Before the question: of two nodes that join at once, the one that is answered later hears of the other.
    if (announcement !== undefined) await link.send(GOSSIP_ANNOUNCE, announcement);
    const { timeoutMs } = SYNC_REQUEST;
    const table = await link.request(SYNC_REQUEST, {}, { timeoutMs, signal });
    return { seed: link.peer, table };
  } finally {
    void link.close("introduced", INTRODUCTION_DRAIN_MS);
  }
}

/** Nothing is in flight on it by then. */
const INTRODUCTION_DRAIN_MS = 1000;
