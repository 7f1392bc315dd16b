import { MESSAGES } from "../generated/dispatch.js";
import type { GossipAnnounce } from "../generated/messages/gossip/announce.js";
import { PROTOCOL } from "../generated/protocol.js";
import { Sessions } from "./core/delivery/receiving/sessions.js";
import { CAPABILITIES } from "./core/handshake.js";
import { TrafficMeter } from "./core/traffic-meter.js";
import { parseAddress } from "./net/address.js";
import { Admission } from "./net/admission.js";
import { HOST, now } from "./net/clock.js";
import { ConnectionBudget } from "./net/connection-budget.js";
import type { Endpoint } from "./net/endpoint.js";
import type { LinkObserver } from "./net/link-types.js";
import { Listener } from "./net/listener.js";
import { Refusals } from "./net/refusals.js";
import { advertisedAddress } from "./node/advertised.js";
import { nextBootEpochMs } from "./node/boot-epoch.js";
import { setBuiltinHandlers } from "./node/builtin-handlers.js";
import { Directory } from "./node/directory.js";
import { type Durability, openDurability } from "./node/durability.js";
import { Gossip } from "./node/gossip.js";
import { HandlerTable } from "./node/handlers.js";
import { limitsOf } from "./node/limits.js";
import { localLoad } from "./node/local-load.js";
import { type Logger, SILENT } from "./node/logger.js";
import { MemberFeed } from "./node/member-feed.js";
import {
  connectionTimingOf,
  livenessOf,
  type NetworkOptions,
  type NodeOptions,
  networkOf,
} from "./node/options.js";
import { createPeer, PeerCaller } from "./node/peer.js";
import { perNode } from "./node/per-node.js";
import { RnpNode } from "./node/rnp-node.js";
import { Security } from "./node/security.js";
import { Transactions } from "./node/transactions.js";
import { PACKAGE_VERSION } from "./node/version.js";
import { loadIdentity } from "./security/certificate-files.js";
import type { Credentials } from "./security/credentials.js";

/**
 * Starts a node: it listens where told to, and joins the cluster in the background, trying on until a
 * seed answers.
 *
 * @throws RnpError `AUTH_FAILED` where a certificate is missing, expired or not the CA's, or where a list of
 *   peers cannot be read; `UNAVAILABLE` where the address cannot be listened on; as `openStore` does, where
 *   there is to be a store
 */
export async function createNode(options: NodeOptions): Promise<RnpNode> {
  const credentials = await loadIdentity(options.identity);
  const logger = options.logger ?? SILENT;
  const security = await Security.open(options, credentials, logger);
  let durability: Durability | undefined;
  try {
    durability = await openDurability(options, logger);
    return await start(options, credentials, security, durability);
  } catch (thrown) {
    security.close();
    await durability?.close();
    throw thrown;
  }
}

async function start(
  options: NodeOptions,
  credentials: Credentials,
  security: Security,
  durability: Durability | undefined,
): Promise<RnpNode> {
  const logger = options.logger ?? SILENT;
  const network = networkOf(options);
  const meter = new TrafficMeter();
  const transactions = durability && transactionsOf(durability, () => directory);
  const handlers = new HandlerTable(logger, transactions, options.authorize);
  const observer = observe(handlers, () => directory, logger);
  const endpoint = endpointOf(
    credentials,
    security,
    network,
    meter,
    handlers,
    observer,
    durability,
  );
  const budget = new ConnectionBudget(network.max_connections);
  const directory = new Directory(endpoint, network, budget, durability?.outbox);
  const refusals = new Refusals();
  const listener = await listen(options, endpoint, budget, refusals, logger);
  const announcement = listener && announcementOf(options, listener.port);
  const feed = new MemberFeed();
  const self = credentials.identity;
  const plainPeer = perNode((id) => {
    const caller = new PeerCaller(id, directory);
    return createPeer(id, caller, caller);
  });
  const gossip = new Gossip({
    self,
    announcement,
    timing: livenessOf(options),
    report: options.report ?? localLoad,
    onLeave: options.onLeave ?? (() => {}),
    peer: plainPeer,
    locate: (node, address) => directory.locate(node, address),
    feed,
    logger,
  });
  setBuiltinHandlers(handlers, gossip);
  const address = announcement?.address;
  const { interceptors = {} } = options;
  const parts = {
    self,
    address,
    directory,
    handlers,
    interceptors,
    gossip,
    feed,
    meter,
    refusals,
    listener,
    security,
    transactions,
    durability,
    logger,
  };
  const node = new RnpNode(parts);
  gossip.start();
  if (durability !== undefined) directory.resume(durability.outbox);
  node.join(options.join ?? []);
  return node;
}

function endpointOf(
  credentials: Credentials,
  { guard, ring }: Security,
  network: NetworkOptions,
  meter: TrafficMeter,
  handlers: HandlerTable,
  observer: LinkObserver,
  durability: Durability | undefined,
): Endpoint {
  const local = {
    ...credentials.identity,
    bootEpochMs: nextBootEpochMs(),
    capabilities: [...CAPABILITIES, ...(ring?.capabilities ?? [])],
    store: durability?.store.identity,
  };
  const timing = connectionTimingOf(network);
  const isLent = (type: string) => handlers.borrows(type);
  const sessions = durability?.sessions ?? new Sessions();
  return {
    credentials,
    guard,
    ring,
    connection: { local, messages: MESSAGES, isLent, host: HOST, meter, timing, sessions },
    observer,
  };
}

/** What a transaction sends goes by the connections that any other message of its kind would. */
function transactionsOf({ store }: Durability, directory: () => Directory): Transactions {
  return new Transactions(store, ({ node, type, data, ...options }) => {
    const { courier } = directory().carrier(node, type.pool, options.channel);
    return courier.keep(type, data, options);
  });
}

async function listen(
  { listen: address, limits }: NodeOptions,
  endpoint: Endpoint,
  budget: ConnectionBudget,
  refusals: Refusals,
  logger: Logger,
): Promise<Listener | undefined> {
  if (address === undefined) return undefined;
  return Listener.open(parseAddress(address), endpoint, {
    handshakeTimeoutMs: PROTOCOL.handshake.tls_timeout_ms,
    budget,
    admission: new Admission(limitsOf(limits)),
    onRefused: (kind, from, error) => {
      const count = refusals.count(now(), kind);
      if (count === undefined) return;
      logger.warn({ from, error, kind, count }, "a connection was refused");
    },
  });
}

function announcementOf(options: NodeOptions, port: number): GossipAnnounce {
  const { listen = "", advertise, version, capabilities, metadata } = options;
  return {
    address: advertisedAddress(listen, port, advertise),
    version: version ?? PACKAGE_VERSION,
    capabilities: [...(capabilities ?? [])],
    ...(metadata === undefined ? {} : { metadata: { ...metadata } }),
  };
}

/** Where everything that happens on the links of a node is sent on to. */
function observe(handlers: HandlerTable, directory: () => Directory, logger: Logger): LinkObserver {
  return {
    onOpen: (link) => {
      if (link.side === "server") directory().accept(link);
    },
    onMessage: (link, message) => handlers.handle(link.replies, message),
    onCancelled: (link, message) => handlers.cancel(link.replies, message),
    onRefused: (link, by, error) => {
      logger.warn({ peer: link.peer.id, by, error }, "a message was refused");
    },
    onClosed: (link, error) => {
      handlers.abandon(link.replies, error);
      const fields = { peer: link.peer.id, error };
      if (error === undefined) logger.debug(fields, "a connection was closed");
      else logger.warn(fields, "a connection was lost");
    },
  };
}
