import type { TLSSocket } from "node:tls";
import { now } from "./clock.js";

/** How often and how long a peer was too slow for what was sent to it. */
export interface Stalls {
  readonly count: number;
  readonly ms: number;
}

/**
 * The way out of one connection: writes to its socket, and knows when whoever sends should wait. That is
 * while messages wait for the peer's credit, and while more waits in the socket than keeps it busy.
 */
export class Outflow {
  readonly #socket: TLSSocket;
  readonly #isStalled: () => boolean;
  #waiting: (() => void)[] = [];
  #stallCount = 0;
  #stalledMs = 0;
  #stalledAt: number | undefined;

  /** `isStalled` says whether messages wait for credit. */
  constructor(socket: TLSSocket, isStalled: () => boolean) {
    this.#socket = socket;
    this.#isStalled = isStalled;
    socket.on("drain", () => this.check());
    socket.on("close", () => this.#wakeAll());
  }

  /** Bytes that wait for the peer to read on. */
  get queuedSize(): number {
    return this.#socket.writableLength;
  }

  get stalls(): Stalls {
    const ms = this.#stalledAt === undefined ? 0 : now() - this.#stalledAt;
    return { count: this.#stallCount, ms: this.#stalledMs + ms };
  }

  /** Whether whoever sends should wait. `waitingSize` is what has not been written yet. */
  isBackedUp(waitingSize: number): boolean {
    return waitingSize + this.#socket.writableLength > READY_SIZE_MAX || this.#isStalled();
  }

  /** Each piece is one write: large ones must not be copied together with others. */
  write(pieces: readonly Uint8Array[]): void {
    if (this.#socket.writable) for (const bytes of pieces) this.#socket.write(bytes);
    this.check();
  }

  /** Settles when there is room, or when there never will be. */
  drained(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** Takes note of whether the peer keeps up, and wakes those who waited for it. */
  check(): void {
    if (this.isBackedUp(0)) return this.#begin();
    if (this.#stalledAt === undefined && this.#waiting.length === 0) return;
    this.#end();
    this.#wakeAll();
  }

  #begin(): void {
    if (this.#stalledAt !== undefined) return;
    this.#stalledAt = now();
    this.#stallCount += 1;
  }

  #end(): void {
    if (this.#stalledAt !== undefined) this.#stalledMs += now() - this.#stalledAt;
    this.#stalledAt = undefined;
  }

  #wakeAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}

/**
 * More than this in the socket means that the peer, or the link to it, is slower than the sender. One write
 * of the size keeps a socket busy for longer than the sender needs to fill the next.
 */
const READY_SIZE_MAX = 256 * 1024;
