import { RnpError } from "../core/error.js";
import { type Address, parseAddress } from "../net/address.js";
import { dial } from "../net/dial.js";
import type { Endpoint } from "../net/endpoint.js";
import type { Link } from "../net/link.js";
import { Pool } from "../net/pool.js";
import type { PoolName } from "../wire/message-type.js";
import type { NetworkOptions } from "./options.js";

const CONNECT_TIMEOUT_MS = 5000;

/**
 * How to reach each node: its address, the pools of connections that we dialled, and the links that it
 * dialled to us, which serve where no address is known.
 */
export class Directory {
  readonly #endpoint: Endpoint;
  readonly #network: NetworkOptions;
  readonly #addresses = new Map<string, Address>();
  readonly #pools = new Map<string, Pool>();
  readonly #accepted = new Map<string, Set<Link>>();
  #isClosed = false;

  constructor(endpoint: Endpoint, network: NetworkOptions) {
    this.#endpoint = endpoint;
    this.#network = network;
  }

  /** From now on `node` is dialled at `address`; open connections to the old one go on. */
  locate(node: string, address: string): void {
    this.#addresses.set(node, parseAddress(address));
  }

  /** Dials whoever is at `address`, to learn who that is. The link belongs to the caller. */
  introduce(address: string, signal?: AbortSignal): Promise<Link> {
    const options = { timeoutMs: CONNECT_TIMEOUT_MS, signal };
    return dial(parseAddress(address), this.#endpoint, options);
  }

  /** Gives the pools a link that `introduce` dialled. */
  keep(link: Link, address: string): void {
    this.locate(link.peer.id, address);
    const name = link.peer.role === "controller" ? "control" : "peer";
    this.#pool(link.peer.id, name).keep(link);
  }

  /** A link that `link.peer` dialled. */
  accept(link: Link): void {
    // Its handshake was under way when this node closed.
    if (this.#isClosed) return void link.close("shutdown", 0);
    const { id } = link.peer;
    const links = this.#accepted.get(id) ?? new Set();
    this.#accepted.set(id, links.add(link));
    void link.closed.then(() => {
      links.delete(link);
      if (links.size === 0) this.#accepted.delete(id);
    });
  }

  /**
   * An open link to `node` for messages of the pool `name`.
   *
   * @throws RnpError `UNAVAILABLE` where it cannot be reached or nobody told where it is, and once closed
   */
  async link(node: string, name: PoolName): Promise<Link> {
    if (this.#isClosed) throw new RnpError("UNAVAILABLE", "the node was closed");
    if (this.#addresses.has(node)) return this.#pool(node, name).acquire();
    for (const link of this.#accepted.get(node) ?? []) if (link.isOpen) return link;
    throw new RnpError("UNAVAILABLE", `${node} is not known here: it has not announced itself`, {
      peer: node,
    });
  }

  async close(reason: string, drainMs: number): Promise<void> {
    this.#isClosed = true;
    const accepted = [...this.#accepted.values()].flatMap((links) => [...links]);
    await Promise.all([
      ...[...this.#pools.values()].map((pool) => pool.close(reason, drainMs)),
      ...accepted.map((link) => link.close(reason, drainMs)),
    ]);
  }

  #pool(node: string, name: PoolName): Pool {
    const key = `${name} ${node}`;
    let pool = this.#pools.get(key);
    if (pool === undefined) {
      pool = new Pool({
        sizeMax: this.#network[`${name}_pool_size`],
        idleTimeoutMs: this.#network.idle_timeout_seconds * 1000,
        dial: (signal) => this.#dial(node, signal),
      });
      this.#pools.set(key, pool);
    }
    return pool;
  }

  #dial(node: string, signal: AbortSignal): Promise<Link> {
    const options = { timeoutMs: CONNECT_TIMEOUT_MS, expectedId: node, signal };
    return dial(this.#addresses.get(node)!, this.#endpoint, options);
  }
}
