import { RnpError } from "../core/error.js";
import type { PeerIdentity } from "../core/identity.js";
import type { RowChange } from "../core/membership/contract.js";
import { isLiving } from "../core/membership/news.js";
import type { TrafficMeter } from "../core/traffic-meter.js";
import { now } from "../net/clock.js";
import type { ConnectionReport } from "../net/link-types.js";
import type { Listener } from "../net/listener.js";
import type { RefusalKind, Refusals } from "../net/refusals.js";
import type { Resolve } from "../net/resolve.js";
import type { Caller } from "../wire/message-type.js";
import { ApplicationStore } from "./application-store.js";
import type { RequestOptions, SendOptions } from "./call-options.js";
import { CarefulCaller } from "./careful-caller.js";
import { awaitController } from "./controllers.js";
import type { Directory } from "./directory.js";
import type { Durability } from "./durability.js";
import { createEveryone, type Everyone } from "./everyone.js";
import type { Gossip } from "./gossip.js";
import type { HandlerOptions, HandlerTable, NodeHandlers } from "./handlers.js";
import { InterceptedCaller } from "./intercepted-caller.js";
import { intercepted } from "./intercepted-handler.js";
import type { Interceptors } from "./interceptors.js";
import { Joining } from "./joining.js";
import type { Logger } from "./logger.js";
import type { MemberChange } from "./member-feed.js";
import type { Member } from "./member-list.js";
import { DRAIN_MS } from "./options.js";
import { createPeer, type Peer, PeerCaller } from "./peer.js";
import { perNode } from "./per-node.js";
import type { Remembering } from "./remembering.js";
import type { Security } from "./security.js";
import type { ServiceEntry, ServiceTable } from "./service-table.js";
import { type TypeReport, trafficReport } from "./traffic-report.js";
import { noStore, type Transactions } from "./transactions.js";

/** How `RnpNode.close` goes about it. */
export interface CloseOptions {
  /** How long telling the members and what is in flight may take together. Default 5000. */
  readonly drainMs?: number;
  /** Told to all members with `gossip.leave`. Default `shutdown`. */
  readonly reason?: string;
  /** Told with it: the node that has taken over the instances of this one, or is to. Default: none. */
  readonly transferInstancesTo?: string;
}

/** How long to wait for something. */
export interface WaitOptions {
  /** Default 10 000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** The parts of a node, as `createNode` puts them together. */
export interface NodeParts {
  readonly self: PeerIdentity;
  readonly address: string | undefined;
  readonly directory: Directory;
  readonly handlers: HandlerTable;
  readonly interceptors: Interceptors;
  /** The boot epoch of this node. */
  readonly epoch: number;
  readonly gossip: Gossip;
  readonly services: ServiceTable;
  readonly resolve: Resolve;
  /** `undefined`: nothing is remembered. */
  readonly remembering: Remembering | undefined;
  readonly meter: TrafficMeter;
  readonly refusals: Refusals;
  readonly listener: Listener | undefined;
  readonly security: Security;
  readonly transactions: Transactions | undefined;
  readonly durability: Durability | undefined;
  readonly logger: Logger;
}

/** One node of the cluster, as `createNode` gives it. */
export class RnpNode {
  readonly id: string;
  readonly role: PeerIdentity["role"];
  readonly cluster: string;
  /** What others dial, `host:port`; `undefined` where the node does not listen. */
  readonly address: string | undefined;
  /** Sends one-way messages to every member that can be reached. */
  readonly everyone: Everyone;

  readonly #parts: NodeParts;
  readonly #callerOf = perNode((id) => this.#caller(id));
  readonly #peerOf = perNode((id) => createPeer(id, this.#callerOf(id), this.#plainCallerOf(id)));
  readonly #plainCallerOf = perNode((id) => new PeerCaller(id, this.#parts.directory));
  readonly #closing = new AbortController();
  readonly #joining: Joining;
  #store: ApplicationStore | undefined;
  #closed: Promise<void> | undefined;

  constructor(parts: NodeParts) {
    const { self, address, gossip, logger } = parts;
    this.#parts = parts;
    this.id = self.id;
    this.role = self.role;
    this.cluster = self.cluster;
    this.address = address;
    this.#joining = new Joining({
      ...parts,
      remembered: () => parts.remembering?.addresses ?? [],
      meet: (origin) => gossip.meet(origin),
      learn: (from, table) => gossip.learn(from, table),
      signal: this.#closing.signal,
    });
    gossip.onChange = (change) => this.#handleChange(change);
    this.everyone = createEveryone({
      reachable: () => Array.from(gossip.list.reachable(), ({ node }) => node),
      callerOf: this.#callerOf,
      logger,
    });
  }

  /**
   * Handles all messages of one type. A request's handler returns its answer; throwing an `RnpError` sends
   * that error, anything else arrives as `INTERNAL_ERROR` without its text.
   *
   * @returns a function that removes the handler
   * @throws RnpError `ALREADY_EXISTS` where the type has one; gossip and sync are the node's own
   */
  handle<Type extends keyof NodeHandlers>(
    type: Type,
    handler: NodeHandlers[Type],
    options?: HandlerOptions,
  ): () => void {
    const { handlers, interceptors } = this.#parts;
    return handlers.set(type, intercepted(type, handler, interceptors.handlers ?? []), options);
  }

  /**
   * The application's keys, in the node's store.
   *
   * @throws RnpError `UNSUPPORTED` where the node has none
   */
  get store(): ApplicationStore {
    const { transactions } = this.#parts;
    if (transactions === undefined) throw noStore();
    this.#store ??= new ApplicationStore(transactions);
    return this.#store;
  }

  /** A client of the node `id`. It is dialled when the first message is sent. */
  peer(id: string): Peer {
    return this.#peerOf(id);
  }

  /**
   * A client of whoever listens at `HOST:PORT`; dials at once, to learn who that is.
   *
   * @throws RnpError `UNAVAILABLE`, `AUTH_FAILED`, `VERSION_MISMATCH`, `TIMEOUT`, `CANCELLED`, or
   *   `RESOURCE_EXHAUSTED` where the node may have no further connection
   */
  async peerAt(address: string, { timeoutMs, signal }: WaitOptions = {}): Promise<Peer> {
    const until = this.#untilClosing(signal);
    const link = await this.#parts.directory.introduce(address, { timeoutMs, signal: until });
    this.#parts.directory.keep(link, address);
    return this.peer(link.peer.id);
  }

  /**
   * A client of a controller: at once where one is known, else when one appears.
   *
   * @throws RnpError `TIMEOUT`, `CANCELLED`, or why joining failed for good
   */
  async controller({ timeoutMs = 10_000, signal }: WaitOptions = {}): Promise<Peer> {
    if (this.#joining.failure !== undefined) throw this.#joining.failure;
    const { list, feed } = this.#parts.gossip;
    const until = this.#untilClosing(signal);
    try {
      const known = () => list.all();
      return this.peer(await awaitController(known, feed, { timeoutMs, signal: until }));
    } catch (thrown) {
      throw this.#joining.failure ?? thrown;
    }
  }

  /** The members as this node sees them, itself first where it is one. */
  memberList(): Member[] {
    return this.#parts.gossip.list.all();
  }

  /**
   * What becomes of each member from now on; ends when the node closes. Who reads slowly is shown the way from what
   * it saw last to what is true then, so no more waits than there are members. A suspicion is shown once it is a
   * quarter of a second old.
   */
  members(): AsyncIterableIterator<MemberChange> {
    return this.#parts.gossip.feed.listen();
  }

  /**
   * The services of the cluster, as those who keep a registry told last with their member tables. It lags behind by
   * as long as tables take to be compared; `mesh.query` asks a controller for what is true now.
   */
  services(): ServiceEntry[] {
    return this.#parts.services.all();
  }

  /** How each connection of this node is doing: what waits, what may be sent, how often its peer was too slow. */
  connections(): ConnectionReport[] {
    return Array.from(this.#parts.directory.links(), (link) => link.report());
  }

  /** How many connections this node has refused since it started, by the reason. */
  refusals(): Readonly<Record<RefusalKind, number>> {
    return this.#parts.refusals.counts;
  }

  /** What was sent and received so far, by message type. */
  stats(): Record<string, TypeReport> {
    return trafficReport(this.#parts.meter);
  }

  /** Dials each of `addresses` in the background until it has answered; may be called again. */
  join(addresses: readonly string[]): void {
    this.#joining.join(addresses);
  }

  /**
   * Leaves the cluster and closes: tells all members, takes no new connections, lets what is in flight
   * finish. Always ends, at the latest a little after `drainMs`. Closing twice is closing once.
   */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closed ??= this.#close(options);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close({
    drainMs = DRAIN_MS,
    reason = "shutdown",
    transferInstancesTo,
  }: CloseOptions): Promise<void> {
    const { gossip, listener, directory, handlers, security, durability, remembering } =
      this.#parts;
    const endAt = now() + drainMs;
    this.#closing.abort(new RnpError("UNAVAILABLE", "the node closes"));
    listener?.close();
    security.close();
    const remembered = remembering?.close();
    const heir =
      transferInstancesTo === undefined ? {} : { transfer_instances_to: transferInstancesTo };
    await gossip.leave({ reason, ...heir }, Math.min(drainMs / 2, LEAVE_TIMEOUT_MAX_MS));
    durability?.outbox.stop();
    await directory.close(reason, Math.max(0, endAt - now()));
    handlers.abandonAll(new RnpError("UNAVAILABLE", "the node was closed"));
    gossip.feed.close();
    await remembered;
    await durability?.close();
  }

  /** A node that nobody else is left to joins again. */
  #handleChange({ node, after }: RowChange): void {
    const { gossip, remembering } = this.#parts;
    remembering?.noteChange();
    if (after === undefined) {
      for (const made of [this.#peerOf, this.#callerOf, this.#plainCallerOf]) made.forget(node);
    }
    if (after !== undefined && isLiving(after.state)) return;
    const isAlone = gossip.list.reachable().next().done === true;
    if (isAlone && !this.#closing.signal.aborted) this.#joining.again();
  }

  /** Aborts with `signal`, and when the node closes. */
  #untilClosing(signal: AbortSignal | undefined): AbortSignal {
    return AbortSignal.any([this.#closing.signal, ...(signal ? [signal] : [])]);
  }

  #caller(id: string): Caller<RequestOptions, SendOptions> {
    const { calls = [] } = this.#parts.interceptors;
    const caller = new CarefulCaller(this.#plainCallerOf(id));
    if (calls.length === 0) return caller;
    // Interceptors see what a call inherits, and what they make of it is looked at like the rest.
    return new CarefulCaller(new InterceptedCaller(id, caller, calls));
  }
}

/** Telling others of the leave is a courtesy: a member that cannot be reached must not use up the drain. */
const LEAVE_TIMEOUT_MAX_MS = 2000;
