import type { X509Certificate } from "node:crypto";
import { RnpError } from "../core/error.js";
import { DAY_MS } from "./days.js";
import {
  authorityUri,
  clusterOf,
  expiresAt,
  identityOf,
  identityUri,
  isoTime,
  validFrom,
} from "./identity.js";

/** What `rnp ca show` says of a certificate, in the form of its JSON. */
export interface CertificateFacts extends CertificateNames {
  readonly is_ca: boolean;
  readonly validity: "not-yet" | "valid" | "expired";
  readonly valid_from: string;
  readonly expires_at: string;
  /** Whole days; below zero once it has expired. */
  readonly days_left: number;
  readonly serial: string;
  readonly key_type: string;
  readonly fingerprint_sha256: string;
  readonly issuer: string;
}

interface CertificateNames {
  /** `rnp://<cluster>/<role>/<id>`, of a CA `rnp://<cluster>`. */
  readonly identity: string | null;
  readonly id: string | null;
  readonly role: string | null;
  readonly cluster: string | null;
  /** Why it is the certificate of no node and no cluster, where that is so. */
  readonly problem: string | null;
}

/** Describes any certificate, also one that RNP refuses. */
export function factsOf(certificate: X509Certificate, unixTimeMs: number): CertificateFacts {
  return {
    ...namesOf(certificate),
    is_ca: certificate.ca,
    validity: validityOf(certificate, unixTimeMs),
    valid_from: isoTime(validFrom(certificate)),
    expires_at: isoTime(expiresAt(certificate)),
    days_left: Math.floor((expiresAt(certificate) - unixTimeMs) / DAY_MS),
    serial: certificate.serialNumber,
    key_type: keyTypeOf(certificate),
    fingerprint_sha256: certificate.fingerprint256,
    issuer: certificate.issuer.split("\n").join(", "),
  };
}

function validityOf(
  certificate: X509Certificate,
  unixTimeMs: number,
): CertificateFacts["validity"] {
  if (unixTimeMs < validFrom(certificate)) return "not-yet";
  return unixTimeMs < expiresAt(certificate) ? "valid" : "expired";
}

function namesOf(certificate: X509Certificate): CertificateNames {
  const none = { identity: null, id: null, role: null, cluster: null, problem: null };
  try {
    if (certificate.ca) {
      const cluster = clusterOf(certificate);
      return { ...none, identity: authorityUri(cluster), cluster };
    }
    const identity = identityOf(certificate);
    return { ...none, ...identity, identity: identityUri(identity) };
  } catch (error) {
    if (error instanceof RnpError) return { ...none, problem: error.reason };
    throw error;
  }
}

function keyTypeOf({ publicKey }: X509Certificate): string {
  const { namedCurve, modulusLength } = publicKey.asymmetricKeyDetails ?? {};
  const size = namedCurve ?? modulusLength;
  return [publicKey.asymmetricKeyType, size].filter((part) => part !== undefined).join(" ");
}
