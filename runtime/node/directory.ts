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

/** How one node is reached. */
interface Route {
  /** `undefined` until somebody tells it; some nodes have none. */
  address: Address | undefined;
  /** The connections that we dial. */
  readonly pools: Map<PoolName, Pool>;
  /** Those that it dialled; they serve where no address is known. */
  readonly accepted: Set<Link>;
  /** The pool of each channel that was named: that of its first message, as a channel is on one connection. */
  readonly homes: Map<string, PoolName>;
}

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
    if (route.address?.host === host && route.address.port === port) return;
    route.address = { host, port };
    forgive(route);
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

  /** Gives the pools a link that `introduce` dialled. */
  keep(link: Link, address: string): void {
    this.locate(link.peer.id, address);
    const name = link.peer.role === "controller" ? "control" : "peer";
    this.#pool(link.peer.id, name).keep(link);
  }

  /** A link that `link.peer` dialled. That it did is news of it: it may be dialled at once, too. */
  accept(link: Link): void {
    // Its handshake was under way when this node closed.
    if (this.#isClosed) return void link.close("shutdown", 0);
    const route = this.#route(link.peer.id);
    this.#track(link);
    route.accepted.add(link);
    void link.closed.then(() => route.accepted.delete(link));
    forgive(route);
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

  #route(node: string): Route {
    let route = this.#routes.get(node);
    if (route === undefined) {
      route = { address: undefined, pools: new Map(), accepted: new Set(), homes: new Map() };
      this.#routes.set(node, route);
    }
    return route;
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
        borrow: () => (route.address === undefined ? firstOpen(route.accepted) : undefined),
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
    this.#track(link);
    void link.closed.then(() => counted.release());
    if (!this.#isClosed) return link;
    void link.close("shutdown", 0);
    throw new RnpError("UNAVAILABLE", "the node was closed");
  }

  #track(link: Link): void {
    this.#links.add(link);
    void link.closed.then(() => this.#links.delete(link));
  }

  /** @throws RnpError `RESOURCE_EXHAUSTED` where none of the connections that we dialled is idle */
  async #closeLongestIdle(): Promise<void> {
    const idle = this.#idle(now() - SPARE_AFTER_MS);
    const [longest] = idle.sort((one, other) => one.usedAt - other.usedAt);
    if (longest === undefined) throw exhausted(this.#network.max_connections);
    await longest.close("idle", SPARE_DRAIN_MS);
  }

  #closeIdle(idleTimeoutMs: number): void {
    for (const link of this.#idle(now() - idleTimeoutMs)) void link.close("idle", IDLE_DRAIN_MS);
  }

  /** The connections that we dialled on which nothing is in flight nor has been since `since`. */
  #idle(since: number): Link[] {
    return [...this.#links].filter(
      ({ side, isOpen, isIdle, usedAt }) => side === "client" && isOpen && isIdle && usedAt < since,
    );
  }
}

function forgive(route: Route): void {
  for (const pool of route.pools.values()) pool.forgive();
}

function firstOpen(links: Iterable<Link>): Link | undefined {
  for (const link of links) if (link.isOpen) return link;
  return undefined;
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
