import type { GossipLeave } from "../../generated/messages/gossip/leave.js";
import { PROTOCOL } from "../../generated/protocol.js";
import type { ConnectionTiming } from "../core/connection-types.js";
import type { Undelivered } from "../core/delivery/keeping/outbox.js";
import type { DeliveryStore } from "../core/delivery/keeping/store.js";
import type { DisseminationName } from "../core/membership/contract.js";
import type { Resolve } from "../net/resolve.js";
import type { Authorize } from "./authorization.js";
import type { IdentityConflict } from "./identity-conflict.js";
import type { Interceptors } from "./interceptors.js";
import type { NodeLimits } from "./limits.js";
import type { Liveness } from "./liveness.js";
import type { Logger } from "./logger.js";
import type { ServiceEntry } from "./service-table.js";

/** Sizes and patience of the connections, under the names of the specification. */
export interface NetworkOptions {
  /** Connections to one controller. Default 4. */
  readonly control_pool_size: number;
  /** Connections to one peer. Default 2. */
  readonly peer_pool_size: number;
  /** Connections to one peer for bulk data. Default 8: one TCP stream does not fill a fast link. */
  readonly data_pool_size: number;
  /**
   * Connections of this node at once, dialled and accepted together. Default 1000. Further ones that are
   * asked for are closed at once; to dial one more, the longest idle of those dialled is closed, and where
   * none is idle, it fails with `RESOURCE_EXHAUSTED`.
   */
  readonly max_connections: number;
  /** A connection of ours without traffic is closed after this. Default 300. */
  readonly idle_timeout_seconds: number;
  /**
   * A `ping` is sent after this much silence. Default 60. A peer that then says nothing for as long again,
   * or for 10 seconds where that is less, is taken for gone and its connection destroyed.
   */
  readonly keepalive_interval_seconds: number;
}

/** What a node tells of its load with each heartbeat. */
export interface LoadReport {
  /** 0 to 100, over all cores. */
  readonly cpu_percent: number;
  readonly ram_used_mb: number;
  /** Instances that run on the node. */
  readonly instances: number;
}

/** How messages are protected beyond what TLS does, for networks in which TLS ends before the nodes. */
export interface IntegrityOptions {
  /**
   * Secrets of the cluster, of 32 to 256 printable characters each, or the path of a file with one on each line
   * (`rnp secret new`); the first signs, all verify. The file is read again when it changes, so that a secret can be
   * replaced while the cluster runs.
   */
  readonly secrets: readonly string[] | string;
  /** Refuses peers that do not do the same. Default `true`; `false` for the time in which a cluster changes to it. */
  readonly required?: boolean;
  /** Encrypts messages as well. Default `false`. */
  readonly encrypt?: boolean;
}

export interface NodeOptions {
  /** Certificate, key and the cluster's CA: paths of PEM files, or their contents. */
  readonly identity: { readonly cert: string; readonly key: string; readonly ca: string };
  /**
   * `HOST:PORT` to listen on; port 0 lets the system choose. A node that does not listen is a client
   * only: it can call others, but it is no member and nobody dials it.
   */
  readonly listen?: string;
  /** `HOST:PORT` that others dial. Default: what is listened on. */
  readonly advertise?: string;
  /**
   * `HOST:PORT` of members to join by; any one that answers is enough. Of a name with several addresses any one of
   * those is.
   */
  readonly join?: readonly string[];
  /**
   * A file where the node keeps the addresses of members, and when it started last. Started again, it finds its
   * cluster by them where no seed answers. Default: nothing is kept.
   */
  readonly remember?: string;
  /** Gives the addresses of a name in `join`. Default: the resolver of the system. */
  readonly resolve?: Resolve;
  /** What the node can do, such as `instance`, `filesystem`, `mesh`. Told to all members. */
  readonly capabilities?: readonly string[];
  /** Facts for placement, such as `region`. Told to all members. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Version of the software on the node. Default: that of this package. */
  readonly version?: string;
  /** Asked before each heartbeat. Default: the load of this machine, and no instances. */
  readonly report?: () => LoadReport;
  /** Called when a member says that it leaves, with what it says. Default: nothing happens. */
  readonly onLeave?: (node: string, leave: GossipLeave) => void;
  /** When heartbeats are sent and what silence means. Default `specification`: its timeline. */
  readonly liveness?: Liveness;
  /**
   * How news of members travels: `mesh`, each tells all others itself, as specified; `epidemic`, each tells a few who
   * tell others, so that the load of a node does not grow with the cluster. Default `auto`: mesh as long as that takes
   * no more than half of `max_connections`.
   */
  readonly dissemination?: DisseminationName | "auto";
  /**
   * Called when another process goes by the name of this node. Where `isSuperseded` says so, the other one started
   * later: this one is silent from then on, and ought to be closed. Default: it is in the log only.
   */
  readonly onConflict?: (conflict: IdentityConflict) => void;
  /** The services of a registry that this node keeps, to be told with its member table. Default: it keeps none. */
  readonly services?: () => readonly ServiceEntry[];
  readonly network?: Partial<NetworkOptions>;
  /**
   * Ids of the nodes that this one speaks with, or the path of a file with one on each line. The file is read again
   * when it changes, and whoever is not on it any more is disconnected within a second. Default: all of the cluster.
   */
  readonly allow?: readonly string[] | string;
  /**
   * Path of a file with the revocation lists of the cluster's CA, as `rnp ca revoke` writes them; read again when it
   * changes, like `allow`. Default: none is revoked.
   */
  readonly revoked?: string;
  /** Authenticates each message, and perhaps encrypts it. Default: neither, TLS does both on each hop. */
  readonly integrity?: IntegrityOptions;
  /** Forbids messages that the schemas allow. Default: all that come from their roles may. */
  readonly authorize?: Authorize;
  /** What others can cost this node at most. Default: as each limit says. */
  readonly limits?: Partial<NodeLimits>;
  /** What stands between the application and its calls, for tracing and the like. Default: nothing. */
  readonly interceptors?: Interceptors;
  /**
   * Where the node keeps what must survive a crash: messages on their way (`delivery: "exactly-once"`, and what
   * transactions send), what it has handled of such messages, and the application's own keys. A folder, which is
   * made where there is none and belongs to one process at a time; or a store that the caller has opened, and
   * closes after the node. Default: none, and what needs one is refused with `UNSUPPORTED`.
   */
  readonly store?: string | DeliveryStore;
  /**
   * Told of each message that a transaction has sent, or an earlier process has left, and that was not delivered in
   * its time or was refused for good. It is in the log as well. Default: nothing further happens.
   */
  readonly onUndelivered?: (undelivered: Undelivered) => void;
  /** Default: nothing is logged. */
  readonly logger?: Logger;
}

const { pools } = PROTOCOL;

const NETWORK: NetworkOptions = {
  control_pool_size: pools.control_pool_size,
  peer_pool_size: pools.peer_pool_size,
  data_pool_size: pools.data_pool_size,
  max_connections: pools.max_connections,
  idle_timeout_seconds: pools.idle_timeout_seconds,
  keepalive_interval_seconds: pools.keepalive_interval_seconds,
};

export function networkOf({ network }: NodeOptions): NetworkOptions {
  return { ...NETWORK, ...network };
}

/** Members up to which each tells all others; the other connections are the application's. */
export function meshMembersMaxOf({ max_connections }: NetworkOptions): number {
  return Math.floor(max_connections / 2);
}

export function connectionTimingOf(network: NetworkOptions): ConnectionTiming {
  const keepaliveIntervalMs = network.keepalive_interval_seconds * 1000;
  return {
    helloTimeoutMs: PROTOCOL.handshake.hello_timeout_ms,
    keepaliveIntervalMs,
    keepalivePatienceMs: Math.min(keepaliveIntervalMs, KEEPALIVE_PATIENCE_MAX_MS),
    drainMs: DRAIN_MS,
  };
}

/** How long `close` waits for what is in flight unless told otherwise. */
export const DRAIN_MS = 5000;
/** How long a peer may take to answer a keepalive `ping`: its event loop may be busy for some seconds. */
const KEEPALIVE_PATIENCE_MAX_MS = 10_000;
