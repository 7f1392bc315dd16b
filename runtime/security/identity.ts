import type { X509Certificate } from "node:crypto";
import { RnpError } from "../core/error.js";
import type { PeerIdentity } from "../core/identity.js";

/*
 * Who a certificate speaks for, and when. An identity is exactly one subject alternative name of the form
 * `URI:rnp://<cluster>/<role>/<node-id>`, compared byte for byte. Node's own host check is never asked: it
 * takes wildcards and falls back to the common name, which any CA fills as it likes.
 *
 * TLS looks at the dates once, in the handshake; we look again on every connection and while it grows old,
 * because an open connection outlives its certificate unnoticed.
 *
 * Nothing here says that a certificate is *trusted*: its signature is judged by TLS, or for our own files
 * by `credentials.ts`.
 */

export type { PeerIdentity } from "../core/identity.js";

const PART = "[a-z0-9-]{1,63}";
const NAME = new RegExp(`^${PART}$`);
const IDENTITY_URI = new RegExp(`^rnp://(${PART})/(node|controller)/(${PART})$`);
const AUTHORITY_URI = new RegExp(`^rnp://(${PART})$`);

const IDENTITY_FORM =
  "rnp://<cluster>/<role>/<node-id> (role node or controller, names of a-z, 0-9 and -, 1 to 63 long)";
const AUTHORITY_FORM = "rnp://<cluster> (a name of a-z, 0-9 and -, 1 to 63 long)";

/** The DER encoding of the extension's object identifier, 2.5.29.17. */
const SUBJECT_ALT_NAME_OID = Buffer.from("0603551d11", "hex");

/** How much of a foreign name an error text repeats. */
const EXCERPT_LENGTH_MAX = 100;

/** Whether `text` can be the name of a node or of a cluster. */
export function isName(text: string): boolean {
  return NAME.test(text);
}

/** The identity as it stands in a certificate. */
export function identityUri({ cluster, role, id }: PeerIdentity): string {
  return `rnp://${cluster}/${role}/${id}`;
}

/** The identity that `text` spells; throws `AUTH_FAILED` where it is not exactly of that form. */
export function parseIdentityUri(text: string): PeerIdentity {
  const [, cluster, role, id] = IDENTITY_URI.exec(text) ?? [];
  if (cluster === undefined || id === undefined || (role !== "node" && role !== "controller")) {
    throw noIdentity(IDENTITY_FORM, excerpt(text));
  }
  return { id, role, cluster };
}

/** What a cluster's CA carries in place of a node's identity: which cluster it signs for. */
export function authorityUri(cluster: string): string {
  return `rnp://${cluster}`;
}

/** The cluster that `text` spells; throws `AUTH_FAILED` where it is not exactly `rnp://<cluster>`. */
export function parseAuthorityUri(text: string): string {
  const cluster = AUTHORITY_URI.exec(text)?.[1];
  if (cluster === undefined) throw noIdentity(AUTHORITY_FORM, excerpt(text));
  return cluster;
}

/** The node that `certificate` was issued to; throws `AUTH_FAILED` where it names none, or more than one. */
export function identityOf(certificate: X509Certificate): PeerIdentity {
  if (certificate.ca) throw noIdentity(IDENTITY_FORM, "the certificate of a CA");
  return parseIdentityUri(onlyUriOf(certificate, IDENTITY_FORM));
}

/** The cluster that a CA's certificate was made for; throws `AUTH_FAILED` where it names none. */
export function clusterOf(certificate: X509Certificate): string {
  if (!certificate.ca) throw noIdentity(AUTHORITY_FORM, "a certificate that is no CA");
  return parseAuthorityUri(onlyUriOf(certificate, AUTHORITY_FORM));
}

/** When `certificate` stops being valid, in Unix ms. */
export function expiresAt(certificate: X509Certificate): number {
  return unixTimeMsOf(certificate.validTo);
}

/** When `certificate` starts being valid, in Unix ms. */
export function validFrom(certificate: X509Certificate): number {
  return unixTimeMsOf(certificate.validFrom);
}

/**
 * Throws `AUTH_FAILED` unless `unixTimeMs` lies within the dates of `certificate`. As in OpenSSL the first
 * instant is in, the last is out. `subject` names the certificate in the error.
 */
export function assertValidNow(
  certificate: X509Certificate,
  unixTimeMs: number,
  subject = "the certificate",
): void {
  const from = validFrom(certificate);
  const until = expiresAt(certificate);
  if (unixTimeMs < from) {
    throw new RnpError(
      "AUTH_FAILED",
      `${subject} is not valid before ${isoTime(from)}, and the clock here says ${isoTime(unixTimeMs)}; ` +
        "set the clocks right, or issue it again with `rnp ca issue`",
      { details: { stage: "dates" } },
    );
  }
  if (unixTimeMs >= until) {
    throw new RnpError(
      "AUTH_FAILED",
      `${subject} expired at ${isoTime(until)}, and the clock here says ${isoTime(unixTimeMs)}; ` +
        "issue a new one with `rnp ca issue`",
      { details: { stage: "dates" } },
    );
  }
}

/** Unix ms as people and programs both read it: `2026-11-22T11:43:00Z`. */
export function isoTime(unixTimeMs: number): string {
  return new Date(unixTimeMs).toISOString().replace(/\.\d+Z$/, "Z");
}

function onlyUriOf(certificate: X509Certificate, form: string): string {
  const names = certificate.subjectAltName;
  if (names === undefined) throw noIdentity(form, "none (the common name is never used)");
  // Node quotes a name that holds a comma, a quote or a control character. No name of ours has one, and a
  // quoted name is how one name pretends to be two.
  if (names.includes('"')) throw noIdentity(form, `a quoted name, ${excerpt(names)}`);
  if (names.includes(",")) throw noIdentity(form, `several, ${excerpt(names)}`);
  if (extensionCount(certificate.raw) !== 1) throw noIdentity(form, "two SAN extensions");
  if (!names.startsWith("URI:")) throw noIdentity(form, excerpt(names));
  return names.slice("URI:".length);
}

/** Node reads the first SAN extension only, so a second one is looked for here, in the bytes. */
function extensionCount(der: Buffer): number {
  const first = der.indexOf(SUBJECT_ALT_NAME_OID);
  return first === der.lastIndexOf(SUBJECT_ALT_NAME_OID) ? 1 : 2;
}

function noIdentity(form: string, got: string): RnpError {
  return new RnpError(
    "AUTH_FAILED",
    `no RNP identity: expected exactly one SAN URI ${form}, got ${got}; issue one with \`rnp ca issue\``,
    { details: { stage: "identity" } },
  );
}

/** A foreign name as it may stand in a log: printable ASCII, one line, not long. */
function excerpt(text: string): string {
  const printable = text.slice(0, EXCERPT_LENGTH_MAX).replace(/[^\x20-\x7e]/g, "?");
  return text.length > EXCERPT_LENGTH_MAX ? `'${printable}...'` : `'${printable}'`;
}

/** A date that cannot be read must not count as "no limit". */
function unixTimeMsOf(text: string): number {
  const unixTimeMs = Date.parse(text);
  if (!Number.isNaN(unixTimeMs)) return unixTimeMs;
  throw new RnpError("AUTH_FAILED", "a date of the certificate cannot be read; issue it again", {
    details: { stage: "dates" },
  });
}
