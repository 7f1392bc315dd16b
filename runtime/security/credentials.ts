import type { KeyObject, X509Certificate } from "node:crypto";
import { RnpError } from "../core/error.js";
import type { PeerIdentity } from "../core/identity.js";
import { assertValidNow, clusterOf, expiresAt, identityOf } from "./identity.js";
import { certificatesIn, type NamedText, privateKeyIn } from "./pem.js";

/*
 * Whether a certificate, its key and its CA fit together, judged before they are used. TLS would find the
 * same faults, but only at the peer, and there most of them look like a connection that just ends.
 */

/** A cluster's CA, whole: whoever holds `key` can be any node of the cluster. */
export interface Authority {
  readonly cluster: string;
  /** PEM. */
  readonly cert: string;
  /** PEM, without a passphrase. */
  readonly key: string;
}

/** What a node shows and trusts: PEM texts that fit together, and what they say. */
export interface Credentials {
  readonly cert: string;
  /** Without a passphrase. */
  readonly key: string;
  /** One or more CAs: while a CA is replaced, the old and the new one. */
  readonly ca: string;
  readonly identity: PeerIdentity;
  /** Unix ms at which the certificate or the CA that signed it expires, whichever is first. */
  readonly expiresAt: number;
}

/** The three texts that make up credentials, each with the name that an error calls it by. */
export type CredentialTexts = Readonly<Record<"cert" | "key" | "ca", NamedText>>;

/** Object identifiers of the two extended key usages. */
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

/** Throws `AUTH_FAILED`, saying what is wrong with which file and how to mend it. */
export function judgeCredentials(texts: CredentialTexts, unixTimeMs: number): Credentials {
  const { cert, key, ca } = texts;
  const [certificate] = certificatesIn(cert);
  const authorities = certificatesIn(ca);
  assertKeyBelongs(certificate, privateKeyIn(key), texts);
  const identity = naming(cert.name, () => identityOf(certificate));
  assertValidNow(certificate, unixTimeMs, cert.name);
  const signer = authorities.find((authority) => isIssuedBy(certificate, authority));
  if (signer === undefined) throw notSigned(texts);
  assertValidNow(signer, unixTimeMs, ca.name);
  assertForBothSides(certificate, cert.name);
  const until = Math.min(expiresAt(certificate), expiresAt(signer));
  return withKey({ cert: cert.text, ca: ca.text, identity, expiresAt: until }, key.text);
}

/** The key is there for whoever asks for it, and not for whoever prints or copies all that there is. */
function withKey(rest: Omit<Credentials, "key">, key: string): Credentials {
  return Object.defineProperty(rest, "key", { get: () => key, enumerable: false }) as Credentials;
}

/**
 * Throws `AUTH_FAILED` unless `cert` and `key` are a CA of ours that can sign at `unixTimeMs`; `passphrase` opens
 * its key, where that is under one.
 */
export function judgeAuthority(
  texts: Pick<CredentialTexts, "cert" | "key">,
  unixTimeMs: number,
  passphrase?: string,
): Authority {
  const { cert, key } = texts;
  const certificates = certificatesIn(cert);
  const privateKey = privateKeyIn(key, passphrase);
  // While a CA is replaced, the file may hold both; the key says which one signs.
  const certificate =
    certificates.find((one) => one.checkPrivateKey(privateKey)) ?? certificates[0];
  assertKeyBelongs(certificate, privateKey, texts);
  const cluster = naming(cert.name, () => clusterOf(certificate));
  assertValidNow(certificate, unixTimeMs, cert.name);
  const plain = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  return { cluster, cert: certificate.toString(), key: plain };
}

function assertKeyBelongs(
  certificate: X509Certificate,
  privateKey: KeyObject,
  { cert, key }: Pick<CredentialTexts, "cert" | "key">,
): void {
  if (certificate.checkPrivateKey(privateKey)) return;
  throw new RnpError(
    "AUTH_FAILED",
    `${key.name}: expected the private key of ${cert.name}, got the key of another certificate; ` +
      "give the two files that were issued together",
    { details: { stage: "certificate" } },
  );
}

/** Whether `authority` signed `certificate`. */
export function isIssuedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  // `checkIssued` compares names and key usage; the signature is what proves it.
  return (
    authority.ca && certificate.checkIssued(authority) && certificate.verify(authority.publicKey)
  );
}

function notSigned({ cert, ca }: CredentialTexts): RnpError {
  return new RnpError(
    "AUTH_FAILED",
    `${cert.name}: expected a certificate signed by ${ca.name}, got one of another CA; ` +
      "give the ca.crt that was issued with it",
    { details: { stage: "certificate" } },
  );
}

/** A node dials and listens, so its certificate must serve as both; no list at all means any use. */
function assertForBothSides(certificate: X509Certificate, name: string): void {
  // Node calls the *extended* key usage `keyUsage`.
  const usages: readonly string[] | undefined = certificate.keyUsage;
  if (usages === undefined) return;
  if (usages.includes(SERVER_AUTH) && usages.includes(CLIENT_AUTH)) return;
  throw new RnpError(
    "AUTH_FAILED",
    `${name}: expected the extended key usages serverAuth and clientAuth, got ${usages.join(", ")}; ` +
      "issue a new one with `rnp ca issue`",
    { details: { stage: "certificate" } },
  );
}

/** Runs `judge` and puts the file's name in front of what it complains about. */
function naming<Result>(name: string, judge: () => Result): Result {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof RnpError)) throw error;
    throw new RnpError("AUTH_FAILED", `${name}: ${error.reason}`, {
      details: { stage: "identity" },
    });
  }
}
