import { readFile } from "node:fs/promises";
import { RnpError } from "../core/error.js";
import type { PeerIdentity } from "../core/identity.js";
import { allowed, allowedIn } from "./allow-list.js";
import { certificatesIn } from "./pem.js";

/** Who of those with a good certificate is welcome. */
export interface PeerRules {
  /** Ids of nodes; `undefined`: all of the cluster. */
  readonly allowed: ReadonlySet<string> | undefined;
  /** Serials of certificates that count no more. */
  readonly revoked: ReadonlySet<string>;
}

/** What a certificate says that the rules look at. */
export interface Certified {
  readonly identity: PeerIdentity;
  readonly serial: string;
}

/** Where the rules come from. */
export interface PeerRuleSources {
  /** Ids, or the path of a file that has one on each line. */
  readonly allow: readonly string[] | string | undefined;
  /** Path of a file with revocation lists in PEM. */
  readonly revoked: string | undefined;
  /** The CAs that may have signed those, in PEM. */
  readonly ca: string;
}

/** @throws RnpError `AUTH_FAILED` where a list cannot be read, or is not one */
export async function readPeerRules({ allow, revoked, ca }: PeerRuleSources): Promise<PeerRules> {
  return { allowed: await readAllowed(allow), revoked: await readRevoked(revoked, ca) };
}

/** @throws RnpError `AUTH_FAILED` where the rules do not welcome a node */
export function assertWelcome(rules: PeerRules, { identity, serial }: Certified): void {
  const { id } = identity;
  if (rules.revoked.has(serial)) throw unwelcome(id, `the certificate of ${id} was revoked`);
  if (rules.allowed === undefined || rules.allowed.has(id)) return;
  throw unwelcome(id, `${id} is not on the list of nodes that are allowed`);
}

async function readAllowed(
  allow: PeerRuleSources["allow"],
): Promise<ReadonlySet<string> | undefined> {
  if (allow === undefined) return undefined;
  if (typeof allow !== "string") return allowed("the list of allowed nodes", allow);
  return allowedIn({ name: allow, text: await readText(allow) });
}

async function readRevoked(path: string | undefined, ca: string): Promise<ReadonlySet<string>> {
  if (path === undefined) return new Set();
  const text = await readText(path);
  // Loaded here: the X.509 library takes longer to load than all else of a node.
  const { revocationsIn } = await import("./revocations.js");
  const authorities = certificatesIn({ name: "the CA", text: ca });
  const revocations = await revocationsIn({ name: path, text }, authorities);
  return new Set(revocations.map(({ serial }) => serial));
}

async function readText(path: string): Promise<string> {
  return readFile(path, "utf8").catch((cause: NodeJS.ErrnoException) => {
    const text = `${path}: cannot be read (${cause.code}); check the path`;
    throw new RnpError("AUTH_FAILED", text, { cause });
  });
}

function unwelcome(peer: string, text: string): RnpError {
  const details = { stage: "identity", node_id: peer } as const;
  return new RnpError("AUTH_FAILED", text, { details, outcome: "unknown", peer });
}
