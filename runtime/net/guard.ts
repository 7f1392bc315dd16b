import { toRnpError } from "../core/error.js";
import { assertWelcome, type PeerRules } from "../security/peer-rules.js";
import { closeAtExpiry } from "./expiry.js";
import type { Link } from "./link.js";
import type { CertifiedPeer } from "./peer-of-socket.js";

/**
 * Whom this node speaks with. Every connection is judged before it begins, and all of them again when the rules
 * change; each ends when a certificate that it rests on expires.
 */
export class Guard {
  #rules: PeerRules;
  readonly #peers = new Map<Link, CertifiedPeer>();

  constructor(rules: PeerRules) {
    this.#rules = rules;
  }

  /** @throws RnpError `AUTH_FAILED` where `peer` is not welcome */
  judge(peer: CertifiedPeer): void {
    assertWelcome(this.#rules, peer);
  }

  /** Keeps an eye on `link`, with `peer` at its other end; this node's own certificate expires at `ownExpiresAt`. */
  keep(link: Link, peer: CertifiedPeer, ownExpiresAt: number): void {
    this.#peers.set(link, peer);
    void link.closed.then(() => this.#peers.delete(link));
    closeAtExpiry(link, Math.min(peer.expiresAt, ownExpiresAt));
  }

  /** Says goodbye on the connections of which `isOver` is true; the next message opens another. */
  closeWhere(isOver: (link: Link) => boolean, reason: string): void {
    for (const link of [...this.#peers.keys()]) if (isOver(link)) void link.close(reason, DRAIN_MS);
  }

  /** Goes by other rules from now on, and closes the connections of all whom they do not welcome. */
  change(rules: PeerRules): void {
    this.#rules = rules;
    for (const [link, peer] of [...this.#peers]) {
      try {
        this.judge(peer);
      } catch (thrown) {
        link.expel(toRnpError(thrown));
      }
    }
  }
}

/** How long what is in flight on a connection may take that has to be another. */
const DRAIN_MS = 30_000;
