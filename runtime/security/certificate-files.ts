import type { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { isRnpError, RnpError } from "../core/error.js";
import {
  type Authority,
  type Credentials,
  judgeAuthority,
  judgeCredentials,
} from "./credentials.js";
import { encryptedKeyPem } from "./keys.js";
import { certificatesIn, isPem, type NamedText } from "./pem.js";
import type { Revocation } from "./revocations.js";
import { CERT_MODE, KEY_MODE, reasonOf, type WriteOptions, writeFiles } from "./write-files.js";

/*
 * Certificates and keys on disk: `ca.crt`, `ca.key`, `ca.crl`, `NODE-ID.crt`, `NODE-ID.key`. Nothing is written
 * over unless that is asked for: an overwritten `ca.key` would be the end of its cluster.
 */

const AUTHORITY_CERT = "ca.crt";
const AUTHORITY_KEY = "ca.key";
const AUTHORITY_LIST = "ca.crl";

/** How to keep the key of a CA. */
export interface KeepOptions extends WriteOptions {
  /** The key is encrypted with it. Default: it is not, and its file is all that protects it. */
  readonly passphrase?: string | undefined;
}

/** Where an authority was written, or is read from. */
export interface AuthorityPaths {
  readonly cert: string;
  readonly key: string;
}

/** Where a node's certificate was written: the three paths that `createNode` and `rnp node` take. */
export interface CertificatePaths extends AuthorityPaths {
  readonly ca: string;
}

/** Writes `ca.crt` and `ca.key` into `directory`; throws `ALREADY_EXISTS` where one of them is there. */
export async function writeAuthority(
  directory: string,
  authority: Authority,
  { passphrase, ...options }: KeepOptions = {},
): Promise<AuthorityPaths> {
  const paths = { cert: join(directory, AUTHORITY_CERT), key: join(directory, AUTHORITY_KEY) };
  const { key } = authority;
  const kept = passphrase === undefined ? key : encryptedKeyPem(key, passphrase);
  const files = [
    { path: paths.key, text: kept, mode: KEY_MODE },
    { path: paths.cert, text: authority.cert, mode: CERT_MODE },
  ];
  await writeFiles(directory, files, options);
  return paths;
}

/** How to read a CA. */
export interface ReadAuthorityOptions {
  /** Of its key, where that has one. */
  readonly passphrase?: string | undefined;
  /** Default: the clock of this machine. */
  readonly unixTimeMs?: number;
}

/** Reads the CA that `writeAuthority` left in `directory` and checks that it can sign now. */
export async function readAuthority(
  directory: string,
  { passphrase, unixTimeMs = Date.now() }: ReadAuthorityOptions = {},
): Promise<Authority> {
  const [cert, key] = await Promise.all([
    readNamed(join(directory, AUTHORITY_CERT), "make a CA with `rnp ca init`"),
    readNamed(join(directory, AUTHORITY_KEY), "make a CA with `rnp ca init`"),
  ]);
  return judgeAuthority({ cert, key }, unixTimeMs, passphrase);
}

/** All certificates of the CA in `directory`: while it is replaced, those before it as well. */
export function readAuthorityCertificates(directory: string): Promise<X509Certificate[]> {
  return readCertificates(join(directory, AUTHORITY_CERT));
}

/** What the CA in `directory` has revoked; nothing where it has no list. */
export async function readRevocations(directory: string): Promise<Revocation[]> {
  const path = join(directory, AUTHORITY_LIST);
  const list = await readNamed(path, "").catch((error: unknown) => {
    if (isRnpError(error) && error.code === "NOT_FOUND") return undefined;
    throw error;
  });
  if (list === undefined) return [];
  const { revocationsIn } = await import("./revocations.js");
  return revocationsIn(list, await readAuthorityCertificates(directory));
}

/** Puts `list`, a PEM text, in place of the one that the CA in `directory` has. Returns its path. */
export async function writeRevocations(directory: string, list: string): Promise<string> {
  const path = join(directory, AUTHORITY_LIST);
  await writeFiles(directory, [{ path, text: list, mode: CERT_MODE }], { force: true });
  return path;
}

/**
 * Writes `NODE-ID.crt`, `NODE-ID.key` and `ca.crt` into `directory`. A `ca.crt` that already holds this CA
 * stays as it is; whatever else is in the way is `ALREADY_EXISTS`, and then nothing has been written.
 */
export async function writeCertificate(
  directory: string,
  issued: Credentials,
  options?: WriteOptions,
): Promise<CertificatePaths> {
  const { id } = issued.identity;
  const paths = {
    cert: join(directory, `${id}.crt`),
    key: join(directory, `${id}.key`),
    ca: join(directory, AUTHORITY_CERT),
  };
  if (paths.cert === paths.ca) throw nameTaken(id);
  const files = [
    { path: paths.key, text: issued.key, mode: KEY_MODE },
    { path: paths.cert, text: issued.cert, mode: CERT_MODE },
  ];
  // One that holds others as well, while they replace each other, is not written over even when forced.
  if (!(await holdsAuthority(paths.ca, issued.ca)))
    files.unshift({ path: paths.ca, text: issued.ca, mode: CERT_MODE });
  await writeFiles(directory, files, options);
  return paths;
}

/** Paths of PEM files, or the PEM texts themselves. */
export interface CredentialSources {
  readonly cert: string;
  readonly key: string;
  /** May hold several CAs, for the time in which one replaces another. */
  readonly ca: string;
}

/**
 * Reads a node's certificate, key and CA and checks that they fit together and are valid now, so that what
 * is wrong is said here and not by a peer that hangs up. Throws `AUTH_FAILED`, `NOT_FOUND` for a missing file.
 */
export async function loadIdentity(
  sources: CredentialSources,
  unixTimeMs: number = Date.now(),
): Promise<Credentials> {
  const [cert, key, ca] = await Promise.all([
    readSource("cert", sources.cert),
    readSource("key", sources.key),
    readSource("ca", sources.ca),
  ]);
  return judgeCredentials({ cert, key, ca }, unixTimeMs);
}

/** Reads all certificates of a PEM file, at least one. */
export async function readCertificates(
  path: string,
): Promise<[X509Certificate, ...X509Certificate[]]> {
  return certificatesIn(await readNamed(path, "check the path"));
}

async function readSource(option: keyof CredentialSources, source: string): Promise<NamedText> {
  if (isPem(source)) return { name: `the given ${option}`, text: source };
  return readNamed(source, `check the path given as \`${option}\``);
}

async function readNamed(path: string, help: string): Promise<NamedText> {
  try {
    return { name: path, text: await readFile(path, "utf8") };
  } catch (cause) {
    const code = reasonOf(cause);
    if (code === "ENOENT") {
      const details = { kind: "file", id: path };
      throw new RnpError("NOT_FOUND", `${path}: no such file; ${help}`, { details });
    }
    throw new RnpError("AUTH_FAILED", `${path}: cannot be read (${code}); ${help}`, {
      cause,
      details: { stage: "certificate" },
    });
  }
}

async function holdsAuthority(path: string, authorityCert: string): Promise<boolean> {
  try {
    return (await readFile(path, "utf8")).includes(authorityCert.trim());
  } catch {
    // Missing, or in the way in some manner that the exclusive write will report.
    return false;
  }
}

function nameTaken(id: string): RnpError {
  return new RnpError(
    "ALREADY_EXISTS",
    `${id}: this name is taken by the files of the CA; choose another for the node`,
    { details: { kind: "node", id } },
  );
}
