import "reflect-metadata";
import { randomBytes, type webcrypto, X509Certificate } from "node:crypto";
import * as x509 from "@peculiar/x509";
import type { PeerIdentity } from "../core/identity.js";
import type { Authority, Credentials } from "./credentials.js";
import { AUTHORITY_DAYS_DEFAULT, DAY_MS, DAYS_MAX, ISSUE_DAYS_DEFAULT } from "./days.js";
import {
  assertValidNow,
  authorityUri,
  expiresAt,
  identityOf,
  identityUri,
  parseAuthorityUri,
  parseIdentityUri,
  validFrom,
} from "./identity.js";
import { KEY_TYPE_DEFAULT, type KeyType, newKeyPair, privateKeyPem, signerOf } from "./keys.js";

/*
 * The cluster's CA: makes itself and the certificates of the nodes. It writes no files
 * (`certificate-files.ts`) and keeps no list of what it issued.
 *
 * Loading this file takes the X.509 library with it, about 0.15 s: a node that only uses its certificate
 * does not import it.
 */

/** Certificates start a little in the past, so that a node whose clock is behind can use them at once. */
const CLOCK_SKEW_MS = 5 * 60_000;

export interface CreateAuthorityOptions {
  /** The cluster's name: `[a-z0-9-]{1,63}`. */
  readonly cluster: string;
  /** Default 3650. */
  readonly days?: number;
  /** Default `p256`. */
  readonly keyType?: KeyType;
  /** Default: the clock of this machine. */
  readonly unixTimeMs?: number;
}

/** Makes a CA for one cluster: a new key and a self-signed certificate that may sign leaves only. */
export async function createAuthority(options: CreateAuthorityOptions): Promise<Authority> {
  const {
    days = AUTHORITY_DAYS_DEFAULT,
    keyType = KEY_TYPE_DEFAULT,
    unixTimeMs = Date.now(),
  } = options;
  const cluster = parseAuthorityUri(authorityUri(options.cluster));
  const keys = await newKeyPair(keyType);
  const key = privateKeyPem(keys.privateKey);
  const name = distinguishedName(cluster, "RNP cluster CA");
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject: name,
    issuer: name,
    notBefore: new Date(unixTimeMs - CLOCK_SKEW_MS),
    notAfter: new Date(unixTimeMs + daysMs(days)),
    publicKey: keys.publicKey,
    ...(await signerOf(key)),
    extensions: await authorityExtensions(cluster, keys.publicKey),
  });
  return { cluster, cert: pemOf(certificate), key };
}

/** Whom a certificate is for, and for how long. */
export interface CertifyOptions extends Pick<PeerIdentity, "id" | "role"> {
  readonly authority: Authority;
  /** Default 365. A certificate never outlives its CA, so it may get fewer. */
  readonly days?: number;
  /** Default: the clock of this machine. */
  readonly unixTimeMs?: number;
}

export interface IssueOptions extends CertifyOptions {
  /** Default `p256`. */
  readonly keyType?: KeyType;
}

/** Makes a new key for one node and signs its certificate. Throws `AUTH_FAILED` on a name that is none. */
export async function issue({
  keyType = KEY_TYPE_DEFAULT,
  ...options
}: IssueOptions): Promise<Credentials> {
  const keys = await newKeyPair(keyType);
  const cert = await certify(options, keys.publicKey);
  const certificate = new X509Certificate(cert);
  return {
    cert,
    key: privateKeyPem(keys.privateKey),
    ca: options.authority.cert,
    identity: identityOf(certificate),
    expiresAt: expiresAt(certificate),
  };
}

/** Signs a certificate for the holder of `publicKey`. Throws `AUTH_FAILED` on a name that is none. */
export async function certify(
  options: CertifyOptions,
  publicKey: webcrypto.CryptoKey,
): Promise<string> {
  const { authority, id, role, days = ISSUE_DAYS_DEFAULT, unixTimeMs = Date.now() } = options;
  const identity = parseIdentityUri(identityUri({ id, role, cluster: authority.cluster }));
  const ca = new X509Certificate(authority.cert);
  assertValidNow(ca, unixTimeMs, "the CA's certificate");
  const signer = new x509.X509Certificate(authority.cert);
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: newSerialNumber(),
    subject: distinguishedName(identity.cluster, id),
    issuer: signer.subjectName,
    notBefore: new Date(Math.max(unixTimeMs - CLOCK_SKEW_MS, validFrom(ca))),
    notAfter: new Date(Math.min(unixTimeMs + daysMs(days), expiresAt(ca))),
    publicKey,
    ...(await signerOf(authority.key)),
    extensions: await leafExtensions(identity, publicKey, signer.publicKey),
  });
  return pemOf(certificate);
}

async function authorityExtensions(cluster: string, publicKey: webcrypto.CryptoKey) {
  const usages = x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign;
  return [
    // Path length 0: what this CA signs can sign nothing.
    new x509.BasicConstraintsExtension(true, 0, true),
    new x509.KeyUsagesExtension(usages, true),
    new x509.SubjectAlternativeNameExtension([{ type: "url", value: authorityUri(cluster) }]),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
  ];
}

async function leafExtensions(
  identity: PeerIdentity,
  publicKey: webcrypto.CryptoKey,
  signerKey: x509.PublicKey,
) {
  return [
    new x509.BasicConstraintsExtension(false, undefined, true),
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    // Every node both dials and listens.
    new x509.ExtendedKeyUsageExtension([
      x509.ExtendedKeyUsage.serverAuth,
      x509.ExtendedKeyUsage.clientAuth,
    ]),
    new x509.SubjectAlternativeNameExtension([{ type: "url", value: identityUri(identity) }]),
    await x509.SubjectKeyIdentifierExtension.create(publicKey),
    await x509.AuthorityKeyIdentifierExtension.create(signerKey),
  ];
}

/** For people who read certificates with other tools; RNP itself never looks at it. */
function distinguishedName(cluster: string, commonName: string): x509.Name {
  return new x509.Name([{ O: [cluster] }, { CN: [commonName] }]);
}

/** 127 random bits with the top bit clear (positive) and the next one set (always 16 bytes long). */
function newSerialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString("hex");
}

function pemOf(certificate: x509.X509Certificate): string {
  return `${certificate.toString("pem")}\n`;
}

function daysMs(days: number): number {
  if (Number.isInteger(days) && days >= 1 && days <= DAYS_MAX) return days * DAY_MS;
  throw new RangeError(`days: expected a whole number from 1 to ${DAYS_MAX}, got ${days}`);
}
