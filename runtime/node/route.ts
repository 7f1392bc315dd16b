import type { Address } from "../net/address.js";
import type { Link } from "../net/link.js";
import type { Pool } from "../net/pool.js";
import type { PoolName } from "../wire/message-type.js";

/** How one node is reached. */
export class Route {
  /** `undefined` until somebody tells it; some nodes have none. */
  address: Address | undefined;
  /** Whether one connection to it stays open although nothing is said on it. */
  isKept = false;
  /** Whether nobody needs it once nothing is open any more. */
  isForgotten = false;
  /** The connections that we dial. */
  readonly pools = new Map<PoolName, Pool>();
  /** All connections with it whose handshake is done, whoever dialled. */
  readonly links = new Set<Link>();
  /** The pool of each channel that was named: that of its first message, as a channel is on one connection. */
  readonly homes = new Map<string, PoolName>();

  /** An open connection that it dialled. */
  get accepted(): Link | undefined {
    for (const link of this.links) if (link.side === "server" && link.isOpen) return link;
    return undefined;
  }

  /**
   * The open connection for what may go by any. Both ends choose the same where they can, so that of two that
   * were dialled at once one is idle at both ends, and closes.
   */
  anyOpen(ownId: string): Link | undefined {
    let best: Link | undefined;
    for (const link of this.links) {
      if (link.isOpen && (best === undefined || isBetter(link, best, ownId))) best = link;
    }
    return best;
  }

  /** There is news of the node: it may be dialled at once. */
  forgive(): void {
    for (const pool of this.pools.values()) pool.forgive();
  }

  /** Whether nothing would be lost with it. */
  get isUnused(): boolean {
    if (this.links.size > 0 || this.homes.size > 0) return false;
    for (const pool of this.pools.values()) if (!pool.isUnused) return false;
    return true;
  }
}

/**
 * A process that started later has taken the place of the earlier one, whose connection stays open until TCP gives
 * it up where the machine lost its power. What waits on a connection holds up whatever is put behind it; else
 * the dialler with the lesser name counts.
 */
function isBetter(link: Link, best: Link, ownId: string): boolean {
  const laterMs = epochOf(link) - epochOf(best);
  if (laterMs !== 0) return laterMs > 0;
  if (link.queuedBytes !== best.queuedBytes) return link.queuedBytes < best.queuedBytes;
  return diallerOf(link, ownId) < diallerOf(best, ownId);
}

function epochOf({ agreement }: Link): number {
  return agreement?.peerBootEpochMs ?? 0;
}

function diallerOf({ side, peer }: Link, ownId: string): string {
  return side === "client" ? ownId : peer.id;
}
