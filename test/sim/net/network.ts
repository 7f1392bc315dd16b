import type { World } from "../world/world.js";
import { healed, type PipeSettings } from "./pipe.js";
import { type Happen, type Socket, Wire } from "./socket.js";

/** Where connections arrive. */
export interface Listener {
  readonly node: string;
  readonly happen: Happen;
  accept(socket: Socket, from: string): void;
}

export interface Dialler {
  readonly node: string;
  /** It does not live any more. */
  readonly isOver: boolean;
  readonly happen: Happen;
}

/** All connections, and who can be reached. */
export class Network {
  readonly #world: World;
  #settings: () => PipeSettings;
  readonly #listeners = new Map<string, Listener>();
  #wires: Wire[] = [];
  #count = 0;

  /** `settings` are drawn for each connection. */
  constructor(world: World, settings: () => PipeSettings) {
    this.#world = world;
    this.#settings = settings;
  }

  /** Connections that have not come to an end at both ends. */
  get wires(): readonly Wire[] {
    this.#wires = this.#wires.filter(({ isOver }) => !isOver);
    return this.#wires;
  }

  listen(listener: Listener): void {
    this.#listeners.set(listener.node, listener);
  }

  /** Nobody listens there any more. */
  leave(listener: Listener): void {
    if (this.#listeners.get(listener.node) === listener) this.#listeners.delete(listener.node);
  }

  /** Takes a round trip; `done` gets no socket where nobody listens. */
  dial(from: Dialler, to: string, done: (socket: Socket | undefined) => void): void {
    const settings = this.#settings();
    const { latencyMinMs, jitterMeanMs } = settings;
    const roundTripMs = 2 * latencyMinMs + this.#world.dice.exponential(2 * jitterMeanMs);
    this.#world.after(roundTripMs, () => {
      if (from.isOver) return;
      const listener = this.#listeners.get(to);
      if (listener === undefined) return from.happen(() => done(undefined));
      const wire = new Wire(this.#world, ++this.#count, settings, from, listener);
      this.#wires.push(wire);
      this.#world.tell({ kind: "dialled", connection: wire.number, node: from.node, to });
      listener.happen(() => listener.accept(wire.ends[1], from.node));
      from.happen(() => done(wire.ends[0]));
    });
  }

  heal(): void {
    const settings = this.#settings;
    this.#settings = () => healed(settings());
    for (const wire of this.wires) wire.heal();
  }
}
