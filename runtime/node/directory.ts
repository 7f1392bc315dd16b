import type { Outbox } from "../core/delivery/keeping/outbox.js";
import { RnpError } from "../core/error.js";
import { type Address, parseAddress } from "../net/address.js";
import { now } from "../net/clock.js";
import type { ConnectionBudget } from "../net/connection-budget.js";
import { type DialOptions, dial } from "../net/dial.js";
import type { Endpoint } from "../net/endpoint.js";
import type { Link } from "../net/link.js";
import { Pool } from "../net/pool.js";
import type { ConnectPatience } from "../net/waiting-room.js";
import type { PoolName } from "../wire/message-type.js";
import type { NetworkOptions } from "./options.js";
import { Route } from "./route.js";

/** How to reach each node, and all connections of this one. */
export class Directory {
  readonly #endpoint: Endpoint;
  readonly #network: NetworkOptions;
  readonly #budget: ConnectionBudget;
  readonly #outbox: Outbox | undefined;
  readonly #routes = new Map<string, Route>();
  readonly #links = new Set<Link>();
  readonly #sweep: NodeJS.Timeout;
  #isClosed = false;

  /** `outbox`: what survives this process, where there is a store. */
  constructor(
    endpoint: Endpoint,
    network: NetworkOptions,
    budget: ConnectionBudget,
    outbox?: Outbox,
  ) {
    this.#outbox = outbox;
    this.#endpoint = endpoint;
    this.#network = network;
    this.#budget = budget;
    const idleTimeoutMs = network.idle_timeout_seconds * 1000;
    this.#sweep = setInterval(() => this.#closeIdle(idleTimeoutMs), idleTimeoutMs / 2).unref();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** From now on `node` is dialled at `address`; open connections to the old one go on. */
  locate(node: string, address: string): void {
    const route = this.#route(node);
    const { host, port } = parseAddress(address);
    route.isForgotten = false;
    if (route.address?.host === host && route.address.port === port) return;
    route.address = { host, port };
    route.forgive();
  }

  /** Whether an address of the node is known. */
  knows(node: string): boolean {
    return this.#routes.get(node)?.address !== undefined;
  }

  /** Nobody needs the node any more: its address is forgotten, unless something is open or under way. */
  forget(node: string): void {
    const route = this.#routes.get(node);
    if (route === undefined) return;
    route.isForgotten = true;
    route.isKept = false;
    this.#drop(node, route);
  }

  /** Whether one connection to the node is to stay open although nothing is said on it. */
  hold(node: string, isKept: boolean): void {
    if (isKept || this.#routes.has(node)) this.#route(node).isKept = isKept;
  }

  /**
   * Dials whoever is at `address`, to learn who that is. The link belongs to the caller.
   *
   * @throws RnpError as `dial` does, and `RESOURCE_EXHAUSTED`
   */
  introduce(address: string, { timeoutMs, signal }: ConnectPatience = {}): Promise<Link> {
    const patienceMs = Math.min(timeoutMs ?? CONNECT_TIMEOUT_MS, CONNECT_TIMEOUT_MS);
    return this.#dial(parseAddress(address), { timeoutMs: patienceMs, signal });
  }

  /** Gives the pools a link that `introduce` dialled; the node is dialled at `address` from now on. */
  keep(link: Link, address: string): void {
    this.locate(link.peer.id, address);
    this.adopt(link);
  }

  /** Gives the pools a link that `introduce` dialled. */
  adopt(link: Link): void {
    const name = link.peer.role === "controller" ? "control" : "peer";
    this.#pool(link.peer.id, name).keep(link);
  }

  /** The handshake of a link is done, whoever dialled. That the peer did is news of it: it may be dialled, too. */
  opened(link: Link): void {
    // Its handshake was under way when this node closed.
    if (this.#isClosed && link.side === "server") return void link.close("shutdown", 0);
    const { id } = link.peer;
    const route = this.#route(id);
    this.#links.add(link);
    route.links.add(link);
    void link.closed.then(() => {
      this.#links.delete(link);
      route.links.delete(link);
      if (route.isForgotten || isAddressless(route)) this.#drop(id, route);
    });
    if (link.side === "server") route.forgive();
  }

  /** An open connection with the node, for what may go by any, whoever dialled. */
  openLink(node: string): Link | undefined {
    return this.#routes.get(node)?.anyOpen(this.#ownId);
  }

  /**
   * The same; where none is open, waits for one that is dialled. `isAwaited`: see `Redial`.
   *
   * @throws RnpError why there is none
   */
  async link(node: string, isAwaited: boolean, patience: ConnectPatience): Promise<Link> {
    return this.openLink(node) ?? (await this.#pool(node, "peer").connect(isAwaited, patience));
  }

  /**
   * Dials a node at once, however often that has failed before.
   *
   * @throws RnpError as `dial` does, and `RESOURCE_EXHAUSTED`
   */
  async dialNow(node: string, signal: AbortSignal): Promise<Link> {
    const link = await this.#dialNode(node, this.#route(node), signal);
    this.adopt(link);
    return link;
  }

  /**
   * What carries messages of the pool `name` to `node`, or those of a channel, whose pool is that of its first
   * message; dials when the first one is sent.
   */
  carrier(node: string, name: PoolName, channel?: string): Pool {
    if (channel === undefined) return this.#pool(node, name);
    const { homes } = this.#route(node);
    const home = homes.get(channel) ?? name;
    homes.set(channel, home);
    return this.#pool(node, home);
  }

  /** Sends what an earlier process has left in the outbox. */
  resume(outbox: Outbox): void {
    for (const channel of outbox.channels) {
      const { key, pool, hasLeft } = channel;
      const [name = ""] = key.channel.split(".");
      this.#route(key.peer).homes.set(name, pool);
      if (hasLeft) this.#pool(key.peer, pool).courier.resume(channel);
    }
  }

  /** All connections whose handshake is done, whoever dialled. */
  links(): Iterable<Link> {
    return this.#links;
  }

  /** Settles when all connections have closed; the peers are given `drainMs`. */
  async close(reason: string, drainMs: number): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#sweep);
    const pools = [...this.#routes.values()].flatMap((route) => [...route.pools.values()]);
    await Promise.all([
      ...pools.map((pool) => pool.close(reason, drainMs)),
      ...[...this.#links].map((link) => link.close(reason, drainMs)),
    ]);
  }

  get #ownId(): string {
    return this.#endpoint.connection.local.id;
  }

  #route(node: string): Route {
    let route = this.#routes.get(node);
    if (route === undefined) {
      route = new Route();
      this.#routes.set(node, route);
    }
    return route;
  }

  #drop(node: string, route: Route): void {
    if (!route.isUnused || this.#routes.get(node) !== route) return;
    this.#routes.delete(node);
    for (const pool of route.pools.values()) void pool.close("forgotten", 0);
  }

  #pool(node: string, name: PoolName): Pool {
    const route = this.#route(node);
    const { local, host, meter } = this.#endpoint.connection;
    let pool = route.pools.get(name);
    if (pool === undefined) {
      pool = new Pool({
        peer: node,
        sizeMax: this.#network[`${name}_pool_size`],
        channels: { name, epoch: local.bootEpochMs, host, meter, outbox: this.#outbox },
        dial: (signal) => this.#dialNode(node, route, signal),
        borrow: () => (route.address === undefined ? route.accepted : undefined),
      });
      if (this.#isClosed) void pool.close("shutdown", 0);
      route.pools.set(name, pool);
    }
    return pool;
  }

  async #dialNode(node: string, { address }: Route, signal: AbortSignal): Promise<Link> {
    if (address === undefined) {
      throw new RnpError("UNAVAILABLE", `${node} is not known here: it has not announced itself`);
    }
    return this.#dial(address, { timeoutMs: CONNECT_TIMEOUT_MS, expectedId: node, signal });
  }

  async #dial(address: Address, options: DialOptions): Promise<Link> {
    while (this.#budget.isSpent) await this.#closeLongestIdle();
    const counted = this.#budget.dialled();
    const link = await dial(address, this.#endpoint, options).catch((thrown) => {
      counted.release();
      throw thrown;
    });
    void link.closed.then(() => counted.release());
    if (!this.#isClosed) return link;
    void link.close("shutdown", 0);
    throw new RnpError("UNAVAILABLE", "the node was closed");
  }

  /** @throws RnpError `RESOURCE_EXHAUSTED` where none of the connections that we dialled is idle */
  async #closeLongestIdle(): Promise<void> {
    const idle = this.#idle(now() - SPARE_AFTER_MS).sort((one, other) => one.usedAt - other.usedAt);
    // What is held is opened again when it is needed; that is better than to fail now.
    const longest = idle.find((link) => !this.#isHeld(link)) ?? idle[0];
    if (longest === undefined) throw exhausted(this.#network.max_connections);
    await longest.close("idle", SPARE_DRAIN_MS);
  }

  #closeIdle(idleTimeoutMs: number): void {
    for (const link of this.#idle(now() - idleTimeoutMs)) {
      if (!this.#isHeld(link)) void link.close("idle", IDLE_DRAIN_MS);
    }
  }

  /** The connections that we dialled on which nothing is in flight nor has been since `since`. */
  #idle(since: number): Link[] {
    return [...this.#links].filter(
      ({ side, isOpen, isIdle, usedAt }) => side === "client" && isOpen && isIdle && usedAt < since,
    );
  }

  #isHeld(link: Link): boolean {
    const route = this.#routes.get(link.peer.id);
    return route?.isKept === true && route.anyOpen(this.#ownId) === link;
  }
}

/** Clients come and go, and are never dialled; nothing is to remain of them. */
function isAddressless({ address, pools }: Route): boolean {
  return address === undefined && pools.size === 0;
}

function exhausted(countMax: number): RnpError {
  const text = `${countMax} connections are open, and none that may be closed; raise max_connections`;
  return new RnpError("RESOURCE_EXHAUSTED", text);
}

/** For TCP and TLS; a peer that needs longer is as good as away. */
const CONNECT_TIMEOUT_MS = 5000;
/** Where connections are scarce, one that was not used for so long makes room for another. */
const SPARE_AFTER_MS = 1000;
/** And its peer has so long to answer the goodbye, as somebody waits for the room. */
const SPARE_DRAIN_MS = 1000;
/** How long what is in flight on an idle connection may take: nothing is, unless the peer began just now. */
const IDLE_DRAIN_MS = 5000;
