import { PROTOCOL } from "../../../../generated/protocol.js";
import { KIND } from "../engine/kinds.js";
import type { Process } from "../process/process.js";
import type { Socket } from "../tcp/socket.js";
import type { Frame } from "./frame.js";
import type { Lines } from "./lines.js";

/** How often the connections are looked at; what is due is late by so much at most. */
const SWEEP_MS = 10_000;

/** A connection on which nothing came for so long is asked whether it is there, and given up 10 s later. */
const SILENCE_SWEEPS = (PROTOCOL.pools.keepalive_interval_seconds * 1000) / SWEEP_MS;
const IDLE_SWEEPS = (PROTOCOL.pools.idle_timeout_seconds * 1000) / SWEEP_MS;

/** No question of the core has this number. */
const KEEPALIVE_ID = -1;

/** What every node does for its connections, whatever they carry: it ends those that are broken or idle. */
export class Upkeep {
  readonly #process: Process;
  readonly #lines: Lines;
  readonly #ended: (socket: Socket, isGoodbye: boolean) => void;
  /** Connections on which nothing has happened of late. */
  readonly #quiet = new WeakMap<Socket, Quiet>();
  /** Peers whose connections stay although they are idle. */
  readonly #kept = new Set<string>();

  /** `ended` is told of each connection that was ended here. */
  constructor(process: Process, lines: Lines, ended: (socket: Socket, isGoodbye: boolean) => void) {
    this.#process = process;
    this.#lines = lines;
    this.#ended = ended;
  }

  keep(peer: string): void {
    this.#kept.add(peer);
  }

  release(peer: string): void {
    this.#kept.delete(peer);
  }

  begin(): void {
    this.#sweepAfter(this.#process.engine.dice.float() * SWEEP_MS);
  }

  sweep(): void {
    this.#lines.giveUpOldDials();
    for (const peer of this.#lines.peers()) {
      for (const socket of [...this.#lines.socketsOf(peer)]) this.#look(socket, peer);
    }
    this.#sweepAfter(SWEEP_MS);
  }

  #look(socket: Socket, peer: string): void {
    const { silent, idle } = this.#count(socket);
    if (silent > SILENCE_SWEEPS) {
      socket.reset();
      this.#end(socket, false);
    } else if (silent === SILENCE_SWEEPS) {
      socket.send({ kind: "ping", id: KEEPALIVE_ID } satisfies Frame);
    } else if (socket.hasDialled && !this.#kept.has(peer) && idle >= IDLE_SWEEPS) {
      socket.close();
      this.#end(socket, true);
    }
  }

  /** For how many sweeps nothing came, and nobody had a use for it. */
  #count(socket: Socket): Quiet {
    const { wasHeard, wasUsed } = socket;
    socket.wasHeard = false;
    socket.wasUsed = false;
    if (wasHeard && wasUsed) {
      this.#quiet.delete(socket);
      return LIVELY;
    }
    const { silent, idle } = this.#quiet.get(socket) ?? LIVELY;
    const quiet = { silent: wasHeard ? 0 : silent + 1, idle: wasUsed ? 0 : idle + 1 };
    this.#quiet.set(socket, quiet);
    return quiet;
  }

  #end(socket: Socket, isGoodbye: boolean): void {
    this.#quiet.delete(socket);
    this.#ended(socket, isGoodbye);
  }

  #sweepAfter(ms: number): void {
    this.#process.timer(this.#process.engine.now + ms, KIND.upkeep, 0);
  }
}

interface Quiet {
  readonly silent: number;
  readonly idle: number;
}

const LIVELY: Quiet = { silent: 0, idle: 0 };
