import type { X509Certificate } from "node:crypto";
import { RnpError } from "../core/error.js";
import { assertValidNow, clusterOf } from "./identity.js";

/** The certificates that one file holds. */
export interface CertificateFile {
  readonly name: string;
  readonly certificates: readonly X509Certificate[];
}

/** CAs that are trusted side by side. */
export interface Bundle {
  readonly cluster: string;
  /** In the order of the files, each once. */
  readonly authorities: readonly X509Certificate[];
}

/**
 * The CAs of all `files`, which are of one cluster and valid now.
 *
 * @throws RnpError `AUTH_FAILED`
 */
export function bundleOf(files: readonly CertificateFile[], unixTimeMs: number): Bundle {
  const byFingerprint = new Map<string, X509Certificate>();
  let cluster: string | undefined;
  for (const { name, certificates } of files) {
    for (const certificate of certificates) {
      const signsFor = clusterOf(certificate);
      cluster ??= signsFor;
      if (signsFor !== cluster) throw otherCluster(name, signsFor, cluster);
      assertValidNow(certificate, unixTimeMs, name);
      byFingerprint.set(certificate.fingerprint256, certificate);
    }
  }
  return { cluster: cluster!, authorities: [...byFingerprint.values()] };
}

function otherCluster(name: string, got: string, expected: string): RnpError {
  return new RnpError(
    "AUTH_FAILED",
    `${name}: expected a CA of cluster "${expected}", as those before it, got one of "${got}"`,
    { details: { stage: "identity", cluster: got } },
  );
}
