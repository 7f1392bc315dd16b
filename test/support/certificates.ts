import { createPrivateKey, KeyObject, webcrypto } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { createAuthority, issue } from "../../runtime/security/authority.js";
import {
  type CertificatePaths,
  writeCertificate,
} from "../../runtime/security/certificate-files.js";
import type { Authority, Credentials } from "../../runtime/security/credentials.js";
import { identityUri, type PeerIdentity } from "../../runtime/security/identity.js";

/*
 * Certificates for tests. `testCertificate` makes correct ones, and with `flaw` one that is wrong in exactly
 * one way; `forge` makes any. Each test file makes each certificate once.
 */

/** The cluster that certificates are for where a test does not care. */
export const TEST_CLUSTER = "test";

const DAY_MS = 86_400_000;

/** What can be said of a certificate, good or bad. All are optional: the rest is correct. */
export interface Forgery {
  /** The URIs among the subject alternative names; an empty list leaves the extension out. */
  readonly uris?: readonly string[];
  /** DNS names beside them. */
  readonly dnsNames?: readonly string[];
  /** Puts each name into an extension of its own. */
  readonly splitNames?: boolean;
  readonly commonName?: string;
  readonly usages?: readonly ("server" | "client")[];
  readonly isAuthority?: boolean;
  /** Days from now; fractions are fine. */
  readonly fromDays?: number;
  readonly untilDays?: number;
  /** Signs with the certificate's own key. */
  readonly isSelfSigned?: boolean;
  /** Signs with the CA of a cluster of the same name that is not the one in `ca`. */
  readonly isForeign?: boolean;
}

/** Each makes a certificate of `node-1` that must be refused, for one reason. */
export const FLAWS = {
  expired: { fromDays: -2, untilDays: -1 },
  "not-yet-valid": { fromDays: 1, untilDays: 2 },
  "no-san": { uris: [] },
  "cn-only": { uris: [], commonName: "rnp://test/node/node-1" },
  "dns-name": { uris: [], dnsNames: ["node-1"] },
  "two-sans": { uris: ["rnp://test/node/node-1", "rnp://test/node/node-2"] },
  "two-san-extensions": {
    uris: ["rnp://test/node/node-1", "rnp://test/node/node-2"],
    splitNames: true,
  },
  "quoted-san": { uris: ["rnp://test/node/node-1, URI:rnp://test/node/node-2"] },
  "upper-case": { uris: ["rnp://test/node/NODE-1"] },
  "wrong-role": { uris: ["rnp://test/admin/node-1"] },
  "ca-as-leaf": { isAuthority: true },
  "server-only": { usages: ["server"] },
  "client-only": { usages: ["client"] },
  "self-signed": { isSelfSigned: true },
  "foreign-ca": { isForeign: true },
} as const satisfies Record<string, Forgery>;

export type Flaw = keyof typeof FLAWS;

export interface TestCertificateOptions extends Partial<PeerIdentity> {
  readonly flaw?: Flaw;
}

/** The PEM texts that `createNode` takes as `identity`. */
export type PemTexts = Pick<Credentials, "cert" | "key" | "ca">;

const made = new Map<string, Promise<unknown>>();

/** The CA of `cluster`; `copy` asks for another one of the same name. */
export function testAuthority(cluster = TEST_CLUSTER, copy = 0): Promise<Authority> {
  return once(`authority ${cluster} ${copy}`, () => createAuthority({ cluster }));
}

/** A certificate of `node-1`, role node, cluster test, or as `options` say. */
export function testCertificate(options: TestCertificateOptions = {}): Promise<PemTexts> {
  const { id = "node-1", role = "node", cluster = TEST_CLUSTER, flaw } = options;
  const identity = { id, role, cluster };
  return once(`certificate ${identityUri(identity)} ${flaw}`, async () =>
    flaw === undefined
      ? issue({ authority: await testAuthority(cluster), id, role })
      : forge(FLAWS[flaw], identity),
  );
}

/** `testCertificate`, written into a folder of its own. */
export async function testCertificateFiles(
  options: Omit<TestCertificateOptions, "flaw"> = {},
): Promise<CertificatePaths> {
  const { id = "node-1", role = "node", cluster = TEST_CLUSTER } = options;
  const authority = await testAuthority(cluster);
  return writeCertificate(await temporaryFolder(), await issue({ authority, id, role }));
}

/**
 * Makes a certificate as bad as it is told to, beside the CA that it should have been signed by: `authority`,
 * or the one of the test's cluster.
 */
export async function forge(
  forgery: Forgery,
  identity: PeerIdentity = { id: "node-1", role: "node", cluster: TEST_CLUSTER },
  authority?: Authority,
): Promise<PemTexts> {
  // Loaded here, so that `authority.ts` has prepared the ground for it.
  const x509 = await import("@peculiar/x509");
  const trusted = authority ?? (await testAuthority(identity.cluster));
  const signer = forgery.isForeign ? await testAuthority(identity.cluster, 1) : trusted;
  const keys = await webcrypto.subtle.generateKey(P256, true, ["sign", "verify"]);
  const issuer = new x509.X509Certificate(signer.cert);
  const subject = new x509.Name([{ CN: [forgery.commonName ?? identity.id] }]);
  const certificate = await x509.X509CertificateGenerator.create({
    subject,
    issuer: forgery.isSelfSigned ? subject : issuer.subjectName,
    notBefore: new Date(Date.now() + (forgery.fromDays ?? 0) * DAY_MS),
    notAfter: new Date(Date.now() + (forgery.untilDays ?? 1) * DAY_MS),
    publicKey: keys.publicKey,
    signingKey: forgery.isSelfSigned ? keys.privateKey : await signingKey(signer),
    signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
    extensions: [
      new x509.BasicConstraintsExtension(forgery.isAuthority ?? false, undefined, true),
      new x509.ExtendedKeyUsageExtension(
        (forgery.usages ?? ["server", "client"]).map((usage) =>
          usage === "server" ? x509.ExtendedKeyUsage.serverAuth : x509.ExtendedKeyUsage.clientAuth,
        ),
      ),
      ...namesOf(forgery, identity).map(
        (names) => new x509.SubjectAlternativeNameExtension([...names]),
      ),
    ],
  });
  const key = KeyObject.from(keys.privateKey).export({ type: "pkcs8", format: "pem" }).toString();
  return { cert: certificate.toString("pem"), key, ca: trusted.cert };
}

/** A new folder, removed with all that is in it when the test file is through. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "rnp-test-"));
  folders.push(folder);
  return folder;
}

const folders: string[] = [];
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true }))));

const P256 = { name: "ECDSA", namedCurve: "P-256" };

interface SubjectName {
  readonly type: "url" | "dns";
  readonly value: string;
}

/** The names of each SAN extension. */
function namesOf(forgery: Forgery, identity: PeerIdentity): readonly (readonly SubjectName[])[] {
  const { uris = [identityUri(identity)], dnsNames = [], splitNames = false } = forgery;
  const names: SubjectName[] = [
    ...uris.map((value) => ({ type: "url" as const, value })),
    ...dnsNames.map((value) => ({ type: "dns" as const, value })),
  ];
  if (splitNames) return names.map((name) => [name]);
  return names.length === 0 ? [] : [names];
}

function signingKey(authority: Authority): Promise<webcrypto.CryptoKey> {
  const pkcs8 = createPrivateKey(authority.key).export({ type: "pkcs8", format: "der" });
  return webcrypto.subtle.importKey("pkcs8", pkcs8, P256, false, ["sign"]);
}

function once<Value>(name: string, make: () => Promise<Value>): Promise<Value> {
  const known = made.get(name) as Promise<Value> | undefined;
  const value = known ?? make();
  made.set(name, value);
  return value;
}
