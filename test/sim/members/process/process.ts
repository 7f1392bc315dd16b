import type { Target } from "../engine/calendar-queue.js";
import type { Engine } from "../engine/engine.js";
import { KIND } from "../engine/kinds.js";
import { Dial, type Dialler, type Host } from "../tcp/dial.js";
import type { Network } from "../tcp/network.js";
import type { Socket } from "../tcp/socket.js";

/** What runs in a process. It is told one thing at a time, and never while the process stands still. */
export interface Program {
  /** What it says of itself at the beginning of each connection. */
  readonly greeting: unknown;
  begin(): void;
  handleTimer(kind: number, subject: number): void;
  /** A connection is there for messages. `dial` is how it was asked for; those of others have none. */
  handleOpened(socket: Socket, dial: Dial | undefined): void;
  handleFrame(socket: Socket, frame: unknown): void;
  handleClosed(socket: Socket, isGoodbye: boolean): void;
  handleRefused(dial: Dial): void;
}

type State = "running" | "paused" | "over";

/**
 * One process on a machine: its timers, its connections and its program. While it is stopped the machine goes on:
 * connections are accepted and bytes taken, and nobody looks at them. When it goes on it first runs all timers that
 * are due and then reads all its sockets, as Node's event loop does.
 */
export class Process implements Target, Dialler {
  readonly node: number;
  #state: State = "running";
  #program: Program | undefined = undefined;
  readonly engine: Engine;
  readonly #network: Network;
  readonly #dials = new Map<Socket, Dial>();
  #timers: (() => void)[] = [];
  #inbox: (() => void)[] = [];

  constructor(network: Network, node: number) {
    this.#network = network;
    this.engine = network.engine;
    this.node = node;
  }

  get state(): State {
    return this.#state;
  }

  start(program: Program): void {
    this.#program = program;
    program.begin();
  }

  // What its program may ask for.

  timer(at: number, kind: number, subject: number): void {
    this.engine.at(at, this, kind, subject);
  }

  dial(host: Host): Dial {
    return new Dial(this.#network, this, host);
  }

  // What happens to it.

  happen(kind: number, subject: number): void {
    if (this.#state === "running") this.#program!.handleTimer(kind, subject);
    else if (kind === KIND.resume) this.#resume();
    else if (this.#state === "paused") this.#timers.push(() => this.happen(kind, subject));
  }

  arrived(kind: number, socket: Socket, frame: unknown): void {
    if (this.#state === "running") this.#read(kind, socket, frame);
    else if (this.#state === "paused") this.#inbox.push(() => this.arrived(kind, socket, frame));
  }

  connected(dial: Dial, socket: Socket): void {
    if (this.#state === "over") return socket.reset();
    this.#dials.set(socket, dial);
    socket.put(KIND.hello, this.#program!.greeting);
  }

  refused(dial: Dial): void {
    if (this.#state === "running") this.#program!.handleRefused(dial);
    else if (this.#state === "paused") this.#inbox.push(() => this.refused(dial));
  }

  /** It stands still for a while. */
  pause(ms: number): void {
    if (this.#state !== "running") return;
    this.#state = "paused";
    this.engine.at(this.engine.now + ms, this, KIND.resume, 0);
  }

  /** It is no more: its connections break. */
  kill(): void {
    this.#end((socket) => socket.reset());
  }

  /** It is no more, and nobody hears of it. */
  vanish(): void {
    this.#end((socket) => socket.vanish());
  }

  /** It ends by itself. */
  exit(): void {
    this.#end((socket) => socket.close());
  }

  #end(leave: (socket: Socket) => void): void {
    this.#state = "over";
    this.#timers = [];
    this.#inbox = [];
    for (const socket of [...this.#network.socketsOf(this.node)]) leave(socket);
  }

  #resume(): void {
    if (this.#state !== "paused") return;
    this.#state = "running";
    const due = [...this.#timers, ...this.#inbox];
    this.#timers = [];
    this.#inbox = [];
    for (const act of due) act();
  }

  #read(kind: number, socket: Socket, frame: unknown): void {
    const program = this.#program!;
    if (kind === KIND.data) program.handleFrame(socket, frame);
    else if (kind === KIND.hello) this.#welcome(socket, frame);
    else if (kind === KIND.welcome) this.#greeted(socket, frame);
    else this.#closed(socket, kind === KIND.goodbye);
  }

  #welcome(socket: Socket, greeting: unknown): void {
    // It may have broken while nobody looked.
    if (socket.isGone) return;
    socket.greeting = greeting;
    socket.put(KIND.welcome, this.#program!.greeting);
    this.#program!.handleOpened(socket, undefined);
  }

  #greeted(socket: Socket, greeting: unknown): void {
    const dial = this.#dials.get(socket);
    this.#dials.delete(socket);
    if (socket.isGone) return;
    socket.greeting = greeting;
    this.#program!.handleOpened(socket, dial);
  }

  #closed(socket: Socket, isGoodbye: boolean): void {
    const dial = this.#dials.get(socket);
    this.#dials.delete(socket);
    if (dial !== undefined) this.#program!.handleRefused(dial);
    else if (socket.greeting !== undefined) this.#program!.handleClosed(socket, isGoodbye);
  }
}
