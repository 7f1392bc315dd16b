import type { Hello } from "../../generated/messages/hello.js";
import type { HelloAck } from "../../generated/messages/hello_ack.js";
import { PROTOCOL } from "../../generated/protocol.js";
import type { ReceivedChannel, StoreIdentity } from "../../generated/types.js";
import { VERSION_MAJOR, VERSION_MINOR } from "../wire/header.js";
import { RnpError } from "./error.js";
import type { PeerIdentity } from "./identity.js";

/** What one side brings to the handshake. */
export interface LocalNode extends PeerIdentity {
  /** When this node started, Unix ms. A higher value is a newer life of it. */
  readonly bootEpochMs: number;
  /** The protocol capabilities it offers. */
  readonly capabilities: readonly string[];
  /** Where it keeps its durable records; `undefined`: it keeps none. */
  readonly store?: StoreIdentity | undefined;
}

/** What both sides agreed on. */
export interface Agreement {
  readonly version: string;
  readonly capabilities: ReadonlySet<string>;
  /** What we may send before the first `window.update`, in bytes; infinite without flow control. */
  readonly sendWindowBytes: number;
  /** The peer's `boot_epoch`, where it gave one. */
  readonly peerBootEpochMs: number | undefined;
  /** What the peer has received in our channels. */
  readonly channels: readonly ReceivedChannel[];
  /** The peer's store; `undefined`: it has none. */
  readonly peerStore: StoreIdentity | undefined;
}

const { initial_window_bytes: INITIAL_WINDOW_BYTES } = PROTOCOL.flow;

export const VERSION = `${VERSION_MAJOR}.${VERSION_MINOR}`;

/** `channels`: what has been received in those of the peer. */
export function helloOf(
  local: LocalNode,
  nonce: string,
  channels: readonly ReceivedChannel[],
): Hello {
  const { id, cluster } = local;
  return { ...introductionOf(local, nonce, channels), version: VERSION, node_id: id, cluster };
}

export function helloAckOf(
  local: LocalNode,
  nonce: string,
  agreement: Agreement,
  channels: readonly ReceivedChannel[],
): HelloAck {
  return {
    ...introductionOf(local, nonce, agreement.capabilities.has("delivery") ? channels : []),
    version: agreement.version,
    capabilities: [...agreement.capabilities],
    node_id: local.id,
  };
}

function introductionOf(local: LocalNode, nonce: string, channels: readonly ReceivedChannel[]) {
  return {
    role: local.role,
    capabilities: [...local.capabilities],
    boot_epoch: local.bootEpochMs,
    nonce,
    window_bytes: INITIAL_WINDOW_BYTES,
    ...(channels.length === 0 ? {} : { channels: [...channels] }),
    ...(local.store === undefined ? {} : { store: local.store }),
  };
}

/**
 * Judges the peer's `hello` or `hello_ack` against its certificate and agrees on version (the lower minor
 * of the same major) and capabilities (those that both name).
 *
 * @throws RnpError `VERSION_MISMATCH` for another major, `UNAUTHORIZED` where the message claims another
 *   node than the certificate.
 */
export function agree(local: LocalNode, peer: PeerIdentity, theirs: Hello | HelloAck): Agreement {
  assertSameNode(peer, theirs);
  const offered = new Set(theirs.capabilities ?? []);
  const capabilities = shared(local.capabilities.filter((name) => offered.has(name)));
  return {
    version: agreedVersion(theirs.version),
    capabilities,
    sendWindowBytes: capabilities.has("flow")
      ? (theirs.window_bytes ?? INITIAL_WINDOW_BYTES)
      : Number.POSITIVE_INFINITY,
    peerBootEpochMs: theirs.boot_epoch,
    channels: capabilities.has("delivery") ? (theirs.channels ?? []) : [],
    peerStore: capabilities.has("delivery") ? theirs.store : undefined,
  };
}

/** The sets in use, by their names: thousands of connections agree on the same one. */
const SHARED = new Map<string, ReadonlySet<string>>();

function shared(capabilities: readonly string[]): ReadonlySet<string> {
  const key = capabilities.join();
  let set = SHARED.get(key);
  if (set === undefined) {
    set = new Set(capabilities);
    SHARED.set(key, set);
  }
  return set;
}

function assertSameNode(peer: PeerIdentity, claim: Hello | HelloAck): void {
  const claims = [
    ["node_id", claim.node_id, peer.id],
    ["role", claim.role, peer.role],
    ["cluster", "cluster" in claim ? claim.cluster : undefined, peer.cluster],
  ] as const;
  for (const [field, claimed, certified] of claims) {
    if (claimed === undefined || claimed === certified) continue;
    throw new RnpError(
      "UNAUTHORIZED",
      `${field} is "${claimed}" but the certificate says "${certified}"; use that node's certificate`,
      { details: { rule: `${field}-is-the-certificates` }, outcome: "rejected" },
    );
  }
}

function agreedVersion(theirs: string): string {
  const [major, minor] = theirs.split(".").map(Number);
  if (major === VERSION_MAJOR) return `${major}.${Math.min(minor ?? 0, VERSION_MINOR)}`;
  throw new RnpError(
    "VERSION_MISMATCH",
    `the peer speaks version ${theirs}, this node ${VERSION}; upgrade the older one`,
    { details: { supported: [VERSION], got: theirs }, outcome: "rejected" },
  );
}

/** Those that need a secret of the cluster. */
const WITH_SECRET: ReadonlySet<string> = new Set(["hmac", "encrypt"]);

/** The capabilities of this version that a node offers unless told otherwise: all that need no secret. */
export const CAPABILITIES: readonly string[] = Object.keys(PROTOCOL.capabilities).filter(
  (name) => !WITH_SECRET.has(name),
);
