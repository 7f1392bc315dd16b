import type { X509Certificate } from "node:crypto";
import { mkdir, open, readFile, unlink } from "node:fs/promises";
import { join } from "node:path";
import { RnpError } from "../core/error.js";
import {
  type Authority,
  type Credentials,
  judgeAuthority,
  judgeCredentials,
} from "./credentials.js";
import { certificatesIn, isPem, type NamedText } from "./pem.js";

/*
 * Certificates and keys on disk: `ca.crt`, `ca.key`, `NODE-ID.crt`, `NODE-ID.key`. Nothing is ever written
 * over: an overwritten `ca.key` would be the end of its cluster.
 */

const AUTHORITY_CERT = "ca.crt";
const AUTHORITY_KEY = "ca.key";

const DIRECTORY_MODE = 0o700;
const CERT_MODE = 0o644;
const KEY_MODE = 0o600;

interface NewFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
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
): Promise<AuthorityPaths> {
  const paths = { cert: join(directory, AUTHORITY_CERT), key: join(directory, AUTHORITY_KEY) };
  await writeNew(directory, [
    { path: paths.key, text: authority.key, mode: KEY_MODE },
    { path: paths.cert, text: authority.cert, mode: CERT_MODE },
  ]);
  return paths;
}

/** Reads the CA that `writeAuthority` left in `directory` and checks that it can sign now. */
export async function readAuthority(
  directory: string,
  unixTimeMs: number = Date.now(),
): Promise<Authority> {
  const [cert, key] = await Promise.all([
    readNamed(join(directory, AUTHORITY_CERT), "make a CA with `rnp ca init`"),
    readNamed(join(directory, AUTHORITY_KEY), "make a CA with `rnp ca init`"),
  ]);
  return judgeAuthority({ cert, key }, unixTimeMs);
}

/**
 * Writes `NODE-ID.crt`, `NODE-ID.key` and `ca.crt` into `directory`. A `ca.crt` that already holds this CA
 * stays as it is; whatever else is in the way is `ALREADY_EXISTS`, and then nothing has been written.
 */
export async function writeCertificate(
  directory: string,
  issued: Credentials,
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
  const isThere = await holdsAuthority(paths.ca, issued.ca);
  if (!isThere) files.unshift({ path: paths.ca, text: issued.ca, mode: CERT_MODE });
  await writeNew(directory, files);
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

/** Writes all of `files`, or none. */
async function writeNew(directory: string, files: readonly NewFile[]): Promise<void> {
  await mkdir(directory, { recursive: true, mode: DIRECTORY_MODE }).catch((cause: unknown) => {
    throw notWritten(directory, cause);
  });
  const created: string[] = [];
  for (const { path, text, mode } of files) {
    try {
      // "wx" is O_CREAT | O_EXCL: it also refuses a link that someone has put there.
      await using file = await open(path, "wx", mode);
      created.push(path);
      await file.writeFile(text);
      await file.sync();
    } catch (cause) {
      await Promise.all(created.map((half) => unlink(half)));
      throw reasonOf(cause) === "EEXIST" ? alreadyThere(path) : notWritten(path, cause);
    }
  }
}

function nameTaken(id: string): RnpError {
  return new RnpError(
    "ALREADY_EXISTS",
    `${id}: this name is taken by the files of the CA; choose another for the node`,
    { details: { kind: "node", id } },
  );
}

function alreadyThere(path: string): RnpError {
  return new RnpError(
    "ALREADY_EXISTS",
    `${path}: is already there and is never written over; move it away, or choose another folder`,
    { details: { kind: "file", id: path } },
  );
}

function notWritten(path: string, cause: unknown): RnpError {
  return new RnpError(
    "INTERNAL_ERROR",
    `${path}: cannot be written (${reasonOf(cause)}); choose a folder that this user can write to`,
    { cause },
  );
}

/** The system's short word for why a file operation failed, such as `EACCES`. */
function reasonOf(cause: unknown): string {
  if (cause instanceof Error && "code" in cause) return String(cause.code);
  return String(cause);
}
