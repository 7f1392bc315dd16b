import { RnpError } from "../core/error.js";
import type { Link } from "./link.js";

/**
 * Ends `link`, and says why, when a certificate that it rests on expires. TLS judges the dates once, in its handshake;
 * a connection may outlive that by far.
 */
export function closeAtExpiry(link: Link, expiresAt: number): void {
  let timer: NodeJS.Timeout;
  const check = () => {
    const leftMs = expiresAt - Date.now();
    if (leftMs <= 0) return link.expel(expired(link.peer.id));
    timer = setTimeout(check, Math.min(leftMs, CHECK_INTERVAL_MAX_MS));
    timer.unref();
  };
  check();
  void link.closed.then(() => clearTimeout(timer));
}

function expired(peer: string): RnpError {
  const text = `a certificate of the connection with ${peer} expired; issue a new one`;
  return new RnpError("AUTH_FAILED", text, { peer, outcome: "unknown" });
}

/** A timer of months would overflow and fire at once, and the clock may be set meanwhile. */
const CHECK_INTERVAL_MAX_MS = 3_600_000;
