import type { World } from "../world/world.js";
import { FrameTap } from "./frame-tap.js";
import { Pipe, type PipeSettings } from "./pipe.js";

/** Who has a socket. */
export interface SocketOwner {
  bytes(bytes: Uint8Array): void;
  end(): void;
  /** The connection is lost. */
  reset(): void;
}

/** Runs what happens at an end as part of its process: not at all when that is gone, later when it is held up. */
export type Happen = (act: () => void) => void;

/** One end of a connection. */
export class Socket {
  readonly connection: number;
  readonly node: string;
  isDestroyed = false;
  isEnded = false;
  owner: SocketOwner | undefined;
  out!: Pipe;
  readonly #happen: Happen;
  readonly #tapOut: FrameTap;
  readonly #tapIn: FrameTap;

  constructor(world: World, connection: number, node: string, happen: Happen) {
    this.connection = connection;
    this.node = node;
    this.#happen = happen;
    const told = (way: "out" | "in") =>
      new FrameTap(({ credit, ack, ...frame }) => {
        const given = credit === undefined ? {} : { credit };
        world.tell({ kind: "frame", connection, node, way, ...frame, ...given });
        if (ack !== undefined) world.tell({ kind: "ack", connection, node, way, ...ack });
      });
    this.#tapOut = told("out");
    this.#tapIn = told("in");
  }

  get isWritable(): boolean {
    return !this.isDestroyed && !this.isEnded;
  }

  /** Bytes that wait for the peer to read on. */
  get waitingSize(): number {
    return this.out.waitingSize;
  }

  /** Writes all of them; `written` stands for the last. */
  write(pieces: readonly Uint8Array[], written: () => void): void {
    for (const [index, piece] of pieces.entries()) {
      this.#tapOut.push(piece);
      const isLast = index === pieces.length - 1;
      this.out.write(piece, isLast ? () => this.#do(written) : undefined);
    }
  }

  end(): void {
    if (!this.isWritable) return;
    this.isEnded = true;
    this.out.end();
  }

  destroy(): void {
    if (this.isDestroyed) return;
    this.isDestroyed = true;
    this.out.abandon();
  }

  /** What comes in, from its pipe. */
  bytes(bytes: Uint8Array): void {
    this.#do(() => {
      this.#tapIn.push(bytes);
      this.owner?.bytes(bytes);
    });
  }

  ended(): void {
    this.#do(() => this.owner?.end());
  }

  lost(): void {
    this.#do(() => {
      this.isDestroyed = true;
      this.out.vanish();
      this.owner?.reset();
    });
  }

  #do(act: () => void): void {
    if (this.isDestroyed) return;
    this.#happen(() => {
      if (!this.isDestroyed) act();
    });
  }
}

/** A connection between two processes, as the network sees it. */
export class Wire {
  readonly number: number;
  readonly ends: readonly [Socket, Socket];
  readonly #world: World;

  constructor(
    world: World,
    number: number,
    settings: PipeSettings,
    client: { readonly node: string; readonly happen: Happen },
    server: { readonly node: string; readonly happen: Happen },
  ) {
    this.#world = world;
    this.number = number;
    const one = new Socket(world, number, client.node, client.happen);
    const other = new Socket(world, number, server.node, server.happen);
    one.out = this.#pipe(settings, one, other);
    other.out = this.#pipe(settings, other, one);
    this.ends = [one, other];
  }

  get isOver(): boolean {
    return this.ends.every(({ isDestroyed }) => isDestroyed);
  }

  #pipe(settings: PipeSettings, from: Socket, to: Socket): Pipe {
    return new Pipe(this.#world, settings, {
      bytes: (bytes) => {
        if (!to.isDestroyed) return to.bytes(bytes);
        // Nobody is there: the writer hears of it.
        this.#world.after(settings.latencyMinMs, () => from.lost());
      },
      end: () => to.ended(),
      reset: () => to.lost(),
    });
  }

  /** Nothing arrives for a while: one way, or both. */
  stall(ms: number, ways: "one" | "both"): void {
    const [one, other] = this.ends;
    const first = this.#world.dice.oneIn(2) ? one : other;
    first.out.stall(ms);
    if (ways === "both") (first === one ? other : one).out.stall(ms);
  }

  heal(): void {
    for (const { out } of this.ends) out.heal();
  }

  /** Both ends hear that the connection is lost, after some of what was on its way. */
  reset(): void {
    for (const { out } of this.ends) out.reset();
  }

  /** Both ways are dead. An end may hear of it, the other has to find out. */
  vanish(): void {
    for (const { out } of this.ends) out.vanish();
  }

  /** One end is told that the connection is lost, the other is not. */
  halfOpen(): void {
    this.vanish();
    this.#world.dice.pick(this.ends).lost();
  }
}
