import type { OutgoingMessage } from "../../../runtime/core/delivery/outgoing.js";
import { RetryBudget } from "../../../runtime/core/delivery/retry-budget.js";
import { RnpError } from "../../../runtime/core/error.js";
import { TrafficMeter } from "../../../runtime/core/traffic-meter.js";
import type { World } from "../world/world.js";
import { ById } from "./by-id.js";
import type { Life } from "./life.js";
import { Line } from "./line.js";
import { contentOf } from "./messages.js";
import type { Peers } from "./peers.js";
import type { SimLink } from "./sim-link.js";

/** What `Courier` of the runtime does: sends in channels to all peers of one process. */
export class Courier {
  readonly #world: World;
  readonly #life: Life;
  readonly #peers: Peers;
  /** When the process began, as its clock showed. */
  readonly #epoch: number;
  readonly #lines = new Map<string, Line>();
  readonly #budgets = new Map<string, RetryBudget>();
  #isClosed = false;

  constructor(world: World, life: Life, peers: Peers, epoch: number) {
    this.#world = world;
    this.#life = life;
    this.#peers = peers;
    this.#epoch = epoch;
  }

  /**
   * Sends a message in a channel to `peer`; gives its line, to cancel it by, where it is in one.
   *
   * @throws RnpError where it is not taken
   */
  deliver(peer: string, channel: string, message: OutgoingMessage): Line | undefined {
    if (this.#isClosed) throw CLOSED;
    const line = this.#line(peer, channel);
    if (line.isByIds) {
      this.#deliverById(peer, message);
      return undefined;
    }
    line.accept(message);
    return line;
  }

  /** A connection has closed: what was on it looks for another. */
  closed(link: SimLink): void {
    for (const line of this.#lines.values()) line.closed(link);
  }

  /** Takes nothing new. */
  stop(): void {
    this.#isClosed = true;
  }

  /** Gives up what still waits. */
  close(): void {
    this.stop();
    for (const line of this.#lines.values()) line.close(CLOSED);
  }

  #line(peer: string, name: string): Line {
    const key = `${peer} ${name}`;
    let line = this.#lines.get(key);
    if (line === undefined) {
      const idSeed = this.#world.dice.uuid();
      const options = { name, peer, epoch: this.#epoch, idSeed, budget: this.#budget(peer), meter };
      const byId = (message: OutgoingMessage) => this.#deliverById(peer, message);
      line = new Line(this.#world, this.#life, this.#peers, options, byId);
      this.#lines.set(key, line);
    }
    return line;
  }

  #budget(peer: string): RetryBudget {
    const budget = this.#budgets.get(peer) ?? new RetryBudget();
    this.#budgets.set(peer, budget);
    return budget;
  }

  #deliverById(peer: string, message: OutgoingMessage): void {
    this.#world.tell({ kind: "by-id", call: contentOf(message.type, message.data).call });
    new ById(this.#life, this.#peers, peer, message, this.#world.dice.uuid()).begin();
  }
}

/** Nobody looks at how long it took. */
const meter = new TrafficMeter();
const CLOSED = new RnpError("UNAVAILABLE", "the node was closed");
