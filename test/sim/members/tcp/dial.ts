import type { Target } from "../engine/calendar-queue.js";
import { KIND } from "../engine/kinds.js";
import type { Network } from "./network.js";
import type { Owner, Socket } from "./socket.js";
import { latencyMs } from "./weather.js";

/** Whoever dials. */
export interface Dialler extends Owner {
  connected(dial: Dial, socket: Socket): void;
  /** Nobody listens there. */
  refused(dial: Dial): void;
}

/** Where a dial goes: a machine, and who listens on it, if anybody does. */
export interface Host {
  readonly node: number;
  readonly listener: Owner | undefined;
}

/** How long TCP waits before it knocks again; twice as long after each further try. */
const REDIAL_MS = 1000;

/**
 * One try to reach a machine. One round trip tells that somebody listens, or that nobody does; where nothing comes
 * back it goes on knocking until whoever dials has had enough. The greeting is another round trip, on the connection.
 */
export class Dial implements Target {
  readonly node: number;
  readonly #network: Network;
  readonly #dialler: Dialler;
  readonly #host: Host;
  #tryCount = 0;
  #isOver = false;

  constructor(network: Network, dialler: Dialler, host: Host) {
    this.#network = network;
    this.#dialler = dialler;
    this.#host = host;
    this.node = dialler.node;
    this.#knock();
  }

  cancel(): void {
    this.#isOver = true;
  }

  happen(kind: number): void {
    if (this.#isOver) return;
    if (kind === KIND.redial) this.#knock();
    else if (kind === KIND.knock) this.#answer();
    else this.#end(kind);
  }

  #knock(): void {
    const { node } = this.#host;
    if (this.#isLost(this.node, node)) this.#knockLater();
    else this.#after(this.#latencyMs(), KIND.knock);
  }

  #answer(): void {
    const { node, listener } = this.#host;
    if (this.#isLost(node, this.node)) this.#knockLater();
    else this.#after(this.#latencyMs(), listener === undefined ? KIND.refused : KIND.accepted);
  }

  #end(kind: number): void {
    this.#isOver = true;
    const { listener } = this.#host;
    if (kind === KIND.refused || listener === undefined) this.#dialler.refused(this);
    else this.#dialler.connected(this, this.#network.connect(this.#dialler, listener));
  }

  #knockLater(): void {
    this.#after(REDIAL_MS * 2 ** this.#tryCount, KIND.redial);
    this.#tryCount += 1;
  }

  #isLost(from: number, to: number): boolean {
    const { engine, weather } = this.#network;
    return engine.dice.chance(weather.lossProbability) || this.#network.isCut(from, to);
  }

  #latencyMs(): number {
    return latencyMs(this.#network.weather, this.#network.engine.dice);
  }

  #after(ms: number, kind: number): void {
    this.#network.engine.after(ms, this, kind, this.#host.node);
  }
}
