import { MESSAGES } from "../generated/dispatch.js";
import { PROTOCOL } from "../generated/protocol.js";
import type { Role } from "../generated/types.js";
import { Sessions } from "./core/delivery/receiving/sessions.js";
import { CAPABILITIES, type LocalNode } from "./core/handshake.js";
import { completeFacts, type MemberFacts } from "./core/membership/facts.js";
import type { MembershipTiming } from "./core/membership/timing.js";
import { TrafficMeter } from "./core/traffic-meter.js";
import { parseAddress } from "./net/address.js";
import { Admission } from "./net/admission.js";
import { HOST, now } from "./net/clock.js";
import { ConnectionBudget } from "./net/connection-budget.js";
import type { Endpoint } from "./net/endpoint.js";
import type { LinkObserver } from "./net/link-types.js";
import { Listener } from "./net/listener.js";
import { Refusals } from "./net/refusals.js";
import { resolveHost } from "./net/resolve.js";
import { advertisedAddress } from "./node/advertised.js";
import { nextBootEpochMs } from "./node/boot-epoch.js";
import { setBuiltinHandlers } from "./node/builtin-handlers.js";
import { Directory } from "./node/directory.js";
import { type Durability, openDurability } from "./node/durability.js";
import { Gossip } from "./node/gossip.js";
import { HandlerTable } from "./node/handlers.js";
import { limitsOf } from "./node/limits.js";
import { timingOf } from "./node/liveness.js";
import { localLoad } from "./node/local-load.js";
import { type Logger, SILENT } from "./node/logger.js";
import {
  connectionTimingOf,
  meshMembersMaxOf,
  type NodeOptions,
  networkOf,
} from "./node/options.js";
import { type Remembered, readRemembered } from "./node/remembered.js";
import { Remembering } from "./node/remembering.js";
import { RnpNode } from "./node/rnp-node.js";
import { Security } from "./node/security.js";
import { ServiceTable } from "./node/service-table.js";
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
 *   there is to be a store; RangeError where `liveness` cannot work
 */
export async function createNode(options: NodeOptions): Promise<RnpNode> {
  const timing = timingOf(options.liveness);
  const credentials = await loadIdentity(options.identity);
  const { remember, logger = SILENT } = options;
  const before = remember === undefined ? undefined : await readRemembered(remember, logger);
  const security = await Security.open(options, credentials, logger);
  let durability: Durability | undefined;
  try {
    durability = await openDurability(options, logger);
    return await start(options, { timing, credentials, security, before, durability });
  } catch (thrown) {
    security.close();
    await durability?.close();
    throw thrown;
  }
}

/** What is there before a node starts. */
interface Prepared {
  readonly timing: MembershipTiming;
  readonly credentials: Credentials;
  readonly security: Security;
  /** What an earlier process has left; `undefined`: nothing is remembered. */
  readonly before: Remembered | undefined;
  readonly durability: Durability | undefined;
}

async function start(options: NodeOptions, prepared: Prepared): Promise<RnpNode> {
  const { timing, credentials, security, before, durability } = prepared;
  const { logger = SILENT, interceptors = {}, resolve = resolveHost } = options;
  const self = credentials.identity;
  const network = networkOf(options);
  const epoch = nextBootEpochMs(before?.epoch);
  const meter = new TrafficMeter();
  const transactions = durability && transactionsOf(durability, () => directory);
  const handlers = new HandlerTable(logger, transactions, options.authorize);
  const observer = observe(
    handlers,
    () => directory,
    () => gossip,
    logger,
  );
  const sessions = durability?.sessions ?? new Sessions();
  const endpoint: Endpoint = {
    credentials,
    guard: security.guard,
    ring: security.ring,
    connection: {
      local: localOf(options, prepared, epoch),
      ...{ messages: MESSAGES, host: HOST, meter, sessions },
      timing: connectionTimingOf(network),
      isLent: (type) => handlers.borrows(type),
    },
    observer,
  };
  const budget = new ConnectionBudget(network.max_connections);
  const directory = new Directory(endpoint, network, budget, durability?.outbox);
  const refusals = new Refusals();
  const listener = await listen(options, endpoint, budget, refusals, logger);
  const isMember = listener !== undefined;
  const services = new ServiceTable(options.services);
  const facts = factsOf(self.role, options, listener?.port);
  const gossip = new Gossip({
    ...{ self, epoch, facts, isMember, timing, services, directory, logger },
    dissemination: options.dissemination ?? "auto",
    meshMembersMax: meshMembersMaxOf(network),
    report: options.report ?? localLoad,
    onLeave: options.onLeave ?? (() => {}),
    onConflict: options.onConflict ?? (() => {}),
  });
  setBuiltinHandlers(handlers, gossip, isMember);
  const remembering = before && rememberingOf(options, { before, epoch, gossip, logger });
  const node = new RnpNode({
    ...{ self, epoch, directory, handlers, interceptors, gossip, services, resolve, remembering },
    ...{ meter, refusals, listener, security, transactions, durability, logger },
    address: facts.address,
  });
  gossip.start();
  remembering?.start();
  if (durability !== undefined) directory.resume(durability.outbox);
  node.join(options.join ?? []);
  return node;
}

/** What a node says of itself in the handshake. Only who can be reached is a member, and speaks of members. */
function localOf(
  { listen: address }: NodeOptions,
  { credentials, security, durability }: Prepared,
  bootEpochMs: number,
): LocalNode {
  const isMember = address !== undefined;
  const known = CAPABILITIES.filter((name) => isMember || name !== "membership");
  return {
    ...credentials.identity,
    bootEpochMs,
    capabilities: [...known, ...(security.ring?.capabilities ?? [])],
    store: durability?.store.identity,
  };
}

function rememberingOf(
  { remember: path = "" }: NodeOptions,
  { gossip, ...given }: { before: Remembered; epoch: number; gossip: Gossip; logger: Logger },
): Remembering {
  return new Remembering({
    ...given,
    path,
    *addresses() {
      for (const { facts } of gossip.list.reachable()) if (facts.address) yield facts.address;
    },
  });
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

/** What others are told of this node. `port`: where it listens; `undefined`: it does not. */
function factsOf(role: Role, options: NodeOptions, port: number | undefined): MemberFacts {
  const { listen = "", advertise, capabilities = [], metadata = {} } = options;
  const { version = PACKAGE_VERSION } = options;
  const address = port === undefined ? undefined : advertisedAddress(listen, port, advertise);
  return completeFacts(role, { address, version, capabilities, metadata });
}

/** Where everything that happens on the links of a node is sent on to. */
function observe(
  handlers: HandlerTable,
  directory: () => Directory,
  gossip: () => Gossip,
  logger: Logger,
): LinkObserver {
  return {
    onOpen: (link) => {
      directory().opened(link);
      gossip().handleOpened(link);
    },
    onMessage: (link, message) => handlers.handle(link.replies, message),
    onCancelled: (link, message) => handlers.cancel(link.replies, message),
    onRefused: (link, by, error) => {
      logger.warn({ peer: link.peer.id, by, error }, "a message was refused");
    },
    onClosed: (link, error) => {
      handlers.abandon(link.replies, error);
      gossip().handleClosed(link, error === undefined);
      const fields = { peer: link.peer.id, error };
      if (error === undefined) logger.debug(fields, "a connection was closed");
      else logger.warn(fields, "a connection was lost");
    },
  };
}
