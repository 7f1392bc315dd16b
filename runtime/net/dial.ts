import { connect, type TLSSocket } from "node:tls";
import { RnpError } from "../core/error.js";
import { type Address, formatAddress } from "./address.js";
import { cancelled } from "./awaiter.js";
import type { Endpoint } from "./endpoint.js";
import { fromSocketError } from "./foreign-error.js";
import { Link } from "./link.js";
import { type CertifiedPeer, peerOfSocket } from "./peer-of-socket.js";
import { dialSettings } from "./tls-settings.js";

export interface DialOptions {
  /** Until TCP and TLS are up; the handshake of the protocol has its own bound. */
  readonly timeoutMs: number;
  /** Who has to be there; anyone of the cluster where it is not given. */
  readonly expectedId?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Dials a node and settles with a link that is ready for use.
 *
 * @throws RnpError `UNAVAILABLE` (not there), `AUTH_FAILED` (one side refused the other's certificate, or
 *   another node answered), `VERSION_MISMATCH`, `TIMEOUT`, `CANCELLED`
 */
export async function dial(
  address: Address,
  endpoint: Endpoint,
  options: DialOptions,
): Promise<Link> {
  const socket = connect({
    ...address,
    ...dialSettings(endpoint.credentials),
    // Names in DNS mean nothing here: the identity in the certificate is judged by `peerOfSocket`.
    checkServerIdentity: () => undefined,
  });
  const doing = `dialling ${formatAddress(address)}`;
  try {
    await secured(socket, doing, options);
    const peer = peerOfSocket(socket, endpoint.connection.local.cluster);
    assertExpected(peer, options.expectedId, doing);
    const { observer, connection, guard, ring, credentials } = endpoint;
    guard.judge(peer);
    const link = new Link(
      socket,
      { ...connection, side: "client", peer: peer.identity, secrets: ring?.policy },
      observer,
    );
    guard.keep(link, peer, credentials.expiresAt);
    await greeted(link, options.signal);
    return link;
  } catch (thrown) {
    socket.on("error", () => {}); // Whatever else it says, it is given up.
    socket.destroy();
    throw thrown;
  }
}

async function greeted(link: Link, signal: AbortSignal | undefined): Promise<void> {
  const onAbort = () => link.fail(cancelled(signal?.reason, "not-delivered"));
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted) onAbort();
  await link.ready.finally(() => signal?.removeEventListener("abort", onAbort));
}

function secured(socket: TLSSocket, doing: string, options: DialOptions): Promise<void> {
  const { timeoutMs, signal } = options;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => settle(timedOut(doing, timeoutMs)), timeoutMs);
    const onAbort = () => settle(cancelled(signal?.reason, "not-delivered"));
    const onError = (error: Error) => settle(fromSocketError(doing, error));
    const onSecure = () => settle(undefined);
    const settle = (error: RnpError | undefined) => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", onAbort);
      socket.off("error", onError).off("secureConnect", onSecure);
      if (error === undefined) resolve();
      else reject(error);
    };
    socket.once("error", onError).once("secureConnect", onSecure);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener("abort", onAbort, { once: true });
  });
}

function timedOut(doing: string, timeoutMs: number): RnpError {
  return new RnpError("TIMEOUT", `${doing} took longer than ${timeoutMs} ms`, {
    details: { timeout_ms: timeoutMs },
  });
}

function assertExpected(peer: CertifiedPeer, expectedId: string | undefined, doing: string): void {
  const { id } = peer.identity;
  if (expectedId === undefined || id === expectedId) return;
  throw new RnpError("AUTH_FAILED", `${doing}: expected ${expectedId}, but ${id} is there`, {
    peer: id,
  });
}
