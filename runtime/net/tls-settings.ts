import { constants } from "node:crypto";
import { createSecureContext, type SecureContext, type SecureContextOptions } from "node:tls";
import type { Credentials } from "../security/credentials.js";

/** The name under which both sides offer this protocol (ALPN, RFC 7301). */
export const ALPN_PROTOCOL = "rnp/1";

/** How both sides set up TLS (`schema/SPEC.md`, Transport). */
export function tlsSettings({ cert, key, ca }: Credentials) {
  return {
    cert,
    key,
    ca,
    minVersion: "TLSv1.3",
    maxVersion: "TLSv1.3",
    ciphers: CIPHER_SUITES.join(":"),
    honorCipherOrder: true,
    ecdhCurve: "X25519:P-256",
    // A ticket is a bearer identity: whoever holds it is taken for the node whose certificate it was made
    // with, even after that certificate has expired. So none is ever issued.
    secureOptions: constants.SSL_OP_NO_TICKET,
    ALPNProtocols: [ALPN_PROTOCOL],
    rejectUnauthorized: true,
  } satisfies SecureContextOptions & Record<string, unknown>;
}

/**
 * The same for whoever dials. The certificates are taken apart once and not for each connection, of whose cost that is a
 * third.
 */
export function dialSettings(credentials: Credentials) {
  let secureContext = CONTEXTS.get(credentials);
  if (secureContext === undefined) {
    secureContext = createSecureContext(tlsSettings(credentials));
    CONTEXTS.set(credentials, secureContext);
  }
  return { secureContext, ALPNProtocols: [ALPN_PROTOCOL], rejectUnauthorized: true };
}

const CONTEXTS = new WeakMap<Credentials, SecureContext>();

/** In order of preference, as specified. */
const CIPHER_SUITES = [
  "TLS_AES_256_GCM_SHA384",
  "TLS_AES_128_GCM_SHA256",
  "TLS_CHACHA20_POLY1305_SHA256",
];
