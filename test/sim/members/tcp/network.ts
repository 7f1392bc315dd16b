import type { Engine } from "../engine/engine.js";
import { Cuts } from "./cuts.js";
import { type Owner, type Road, Socket } from "./socket.js";
import { FAIR, type Weather } from "./weather.js";

/** All connections of a world, and what is wrong with them. */
export class Network implements Road {
  readonly engine: Engine;
  weather: Weather = FAIR;
  readonly #cuts = new Cuts();
  /** Machines that are off: nothing comes from them, and nothing gets there. */
  readonly #silent = new Set<number>();
  readonly #sockets: Set<Socket>[] = [];

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** What `from` sends does not get to `to`. */
  isCut(from: number, to: number): boolean {
    return this.#silent.has(to) || this.#silent.has(from) || this.#cuts.separates(from, to);
  }

  /** A new connection; gives the end of who dialled. */
  connect(dialler: Owner, host: Owner): Socket {
    const near = new Socket(this, dialler, true);
    const far = new Socket(this, host, false);
    near.peer = far;
    far.peer = near;
    for (const socket of [near, far]) {
      this.socketsOf(socket.node).add(socket);
      socket.isDeaf = this.isCut(socket.peer.node, socket.node);
    }
    return near;
  }

  /** The ends of connections that a machine has. */
  socketsOf(node: number): Set<Socket> {
    let sockets = this.#sockets[node];
    if (sockets === undefined) {
      sockets = new Set();
      this.#sockets[node] = sockets;
    }
    return sockets;
  }

  forget(socket: Socket): void {
    this.#sockets[socket.node]?.delete(socket);
  }

  /** What one of `from` sends to one of `to` gets lost from now on. Returns how to mend it. */
  cutOneWay(from: Iterable<number>, to: Iterable<number>): () => void {
    const mend = this.#cuts.add(from, to);
    this.#look();
    return () => {
      mend();
      this.#look();
    };
  }

  cutBothWays(some: readonly number[], others: readonly number[]): () => void {
    const mends = [this.cutOneWay(some, others), this.cutOneWay(others, some)];
    return () => {
      for (const mend of mends) mend();
    };
  }

  /** No group hears another. */
  partition(groups: readonly (readonly number[])[]): () => void {
    const all = groups.flat();
    const mends = groups.map((group) => {
      const inside = new Set(group);
      return this.cutOneWay(
        group,
        all.filter((node) => !inside.has(node)),
      );
    });
    return () => {
      for (const mend of mends) mend();
    };
  }

  /** A machine falls silent, or is there again. */
  silence(node: number, isSilent: boolean): void {
    if (isSilent) this.#silent.add(node);
    else this.#silent.delete(node);
    this.#look();
  }

  mendAll(): void {
    this.#cuts.clear();
    this.#look();
  }

  /** Something between two machines breaks all connections that they have: each end hears of it. */
  resetBetween(some: number, other: number): void {
    for (const socket of [...this.socketsOf(some)]) {
      if (socket.peer.node !== other) continue;
      const { peer } = socket;
      socket.breakHere();
      peer.breakHere();
    }
  }

  #look(): void {
    for (const sockets of this.#sockets) {
      for (const socket of sockets ?? []) {
        socket.isDeaf = this.isCut(socket.peer.node, socket.node);
      }
    }
  }
}
