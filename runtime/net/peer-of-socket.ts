import type { TLSSocket } from "node:tls";
import { RnpError } from "../core/error.js";
import { assertValidNow, expiresAt, identityOf } from "../security/identity.js";
import type { Certified } from "../security/peer-rules.js";
import { normalSerial } from "../security/serial.js";
import { ALPN_PROTOCOL } from "./tls-settings.js";

export interface CertifiedPeer extends Certified {
  /** When its certificate expires, Unix ms. */
  readonly expiresAt: number;
}

/**
 * Who is at the other end of a TLS connection. TLS has proved that the certificate is our CA's and that
 * the peer holds its key; all else is judged here, on every connection: ALPN (a client that offers none
 * is let through by OpenSSL), no resumed session, the dates, exactly one identity, our cluster.
 *
 * @throws RnpError `AUTH_FAILED` or `PROTOCOL_ERROR`
 */
export function peerOfSocket(socket: TLSSocket, cluster: string): CertifiedPeer {
  if (socket.alpnProtocol !== ALPN_PROTOCOL) {
    throw new RnpError("PROTOCOL_ERROR", `the peer did not offer ${ALPN_PROTOCOL} (ALPN)`);
  }
  const certificate = socket.getPeerX509Certificate();
  if (!socket.authorized || socket.isSessionReused() || certificate === undefined) {
    throw new RnpError("AUTH_FAILED", "the peer did not prove itself with a certificate");
  }
  assertValidNow(certificate, Date.now());
  const identity = identityOf(certificate);
  if (identity.cluster !== cluster) {
    throw new RnpError(
      "AUTH_FAILED",
      `${identity.id} belongs to cluster "${identity.cluster}", this node to "${cluster}"`,
      { peer: identity.id },
    );
  }
  const serial = normalSerial(certificate.serialNumber);
  return { identity, serial, expiresAt: expiresAt(certificate) };
}
