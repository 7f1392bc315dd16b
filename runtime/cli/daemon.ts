import type {
  CloseOptions,
  IdentityConflict,
  NodeOptions,
  PeerIdentity,
  RnpNode,
} from "../index.js";
import { RnpError } from "../index.js";
import { loadIdentity } from "../security/certificate-files.js";
import { daemonLogger } from "./daemon-log.js";
import type { DaemonOptions } from "./daemon-options.js";
import { identityOf, integrityOf } from "./identity-options.js";
import { membershipOf } from "./membership-options.js";
import { print, printJson } from "./print.js";
import { aborted, stopSignal } from "./stop-signal.js";

type Role = PeerIdentity["role"];

/** A controller or an agent. */
export interface Daemon {
  readonly node: RnpNode;
  close(options?: CloseOptions): Promise<void>;
}

/** What a daemon is started with, in the words of `createNode`. */
export type DaemonStart = Pick<NodeOptions, "identity" | "listen" | "join" | "logger"> &
  Partial<
    Pick<
      NodeOptions,
      | "advertise"
      | "metadata"
      | "allow"
      | "revoked"
      | "integrity"
      | "liveness"
      | "dissemination"
      | "onConflict"
    >
  > & {
    /** Of the node, as its certificate says. */
    readonly id: string;
  };

/**
 * Starts a daemon and runs it until a signal comes; then it leaves the cluster in good order. What keeps it
 * from starting is thrown as one line that says how to mend it.
 */
export async function runDaemon(
  role: Role,
  options: DaemonOptions,
  start: (given: DaemonStart) => Promise<Daemon>,
): Promise<void> {
  const stop = stopSignal();
  const { id, identity } = await readIdentity(role, options);
  const logger = await daemonLogger(options.logLevel);
  const superseded = new AbortController();
  const onConflict = (conflict: IdentityConflict) => {
    if (conflict.isSuperseded) superseded.abort(conflict);
  };
  const given = { ...startOf(options), id, identity, onConflict, logger };
  const daemon = await start(given).catch((thrown: unknown) => {
    throw forPeople(thrown);
  });
  const show = options.json ? showAsJson : showAsText;
  show.ready(daemon.node);
  const following = options.json ? printChanges(daemon.node) : undefined;
  await aborted(AbortSignal.any([stop, superseded.signal]));
  await daemon.close();
  await following;
  if (superseded.signal.aborted) throw otherProcess(superseded.signal.reason);
  show.left(daemon.node);
}

/** Read once, so that the name is known before the rest starts, and what is wrong is said first. */
async function readIdentity(role: Role, options: DaemonOptions) {
  const { cert, key, ca, identity } = await loadIdentity(identityOf(options));
  if (identity.role !== role) throw otherRole(role, identity);
  return { id: identity.id, identity: { cert, key, ca } };
}

function otherRole(role: Role, { id, role: certified }: PeerIdentity): RnpError {
  return new RnpError(
    "UNAUTHORIZED",
    `the certificate of ${id} is for a ${certified}; run \`rnp ${certified}\`, or give one for a ${role}`,
    { details: { rule: "role is the certificate's", identity: id, role: certified } },
  );
}

/** A node that is not heard any more is of no use to anybody. */
function otherProcess({ node, otherAddress: address }: IdentityConflict): RnpError {
  const text = `another process goes by the name of ${node}, at ${address}, and started later; give each node a certificate of its own`;
  return new RnpError("CONFLICT", text, {
    details: { kind: "node", id: node, ...(address === undefined ? {} : { got: address }) },
  });
}

function startOf(options: DaemonOptions) {
  const { listen, join = [], advertise, allow, revoked, meta } = options;
  return {
    listen,
    join,
    ...(advertise === undefined ? {} : { advertise }),
    ...(allow === undefined ? {} : { allow }),
    ...(revoked === undefined ? {} : { revoked }),
    ...integrityOf(options),
    ...membershipOf(options),
    ...(meta === undefined ? {} : { metadata: meta }),
  };
}

const showAsText = {
  ready: ({ id, address, cluster }: RnpNode) =>
    print(`${id} listens on ${address}, cluster ${cluster}; Ctrl-C leaves the cluster`),
  left: () => {},
};

const showAsJson = {
  ready: ({ id, role, cluster, address }: RnpNode) =>
    printJson({ event: "ready", node: id, role, cluster, address, pid: process.pid }),
  left: ({ id }: RnpNode) => printJson({ event: "left", node: id }),
};

async function printChanges(node: RnpNode): Promise<void> {
  for await (const { kind, node: changed, state, previous, member } of node.members()) {
    const { role, address, epoch, incarnation } = member;
    const life = { epoch, incarnation };
    printJson({ event: "member", kind, node: changed, role, state, previous, address, ...life });
  }
}

/** The system's errors about files name what failed and where; that is enough for one line. */
function forPeople(thrown: unknown): unknown {
  const { code, syscall, path } = thrown as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined || path === undefined) return thrown;
  const text = `${path}: ${syscall} failed (${code}); choose a folder that this user can write to`;
  return new RnpError("INTERNAL_ERROR", text, { cause: thrown });
}
