import type { TLSSocket } from "node:tls";
import { now } from "./clock.js";
import { WriteQueue } from "./write-queue.js";

/** How often and how long a peer was too slow for what was sent to it. */
export interface Stalls {
  readonly count: number;
  readonly ms: number;
}

/** Whose bytes leave. */
export interface Writer {
  /** Whether messages wait for credit. */
  readonly isStalled: boolean;
  /** Hears of each write, in their order. */
  handleWritten(): void;
}

/**
 * The way out of one connection: writes to its socket, and knows when whoever sends should wait. That is
 * while messages wait for the peer's credit, and while more waits in the socket than keeps it busy.
 */
export class Outflow {
  readonly #socket: TLSSocket;
  readonly #queue: WriteQueue;
  readonly #writer: Writer;
  /** One function for all writes of a kind: the socket then calls it for many at once. */
  readonly #onPieceWritten = () => this.#queue.advance();
  readonly #onLastWritten: (error?: Error | null) => void;
  #waiting: (() => void)[] = [];
  #stallCount = 0;
  #stalledMs = 0;
  #stalledAt: number | undefined;

  constructor(socket: TLSSocket, writer: Writer) {
    this.#socket = socket;
    this.#writer = writer;
    this.#queue = new WriteQueue(socket, () => this.check());
    this.#onLastWritten = (error) => {
      if (error) return;
      writer.handleWritten();
      this.#queue.advance();
    };
    socket.on("drain", () => this.check());
    socket.on("close", () => this.#wakeAll());
  }

  /** Bytes that wait for the peer to read on. */
  get queuedSize(): number {
    return this.#queue.size;
  }

  get stalls(): Stalls {
    const ms = this.#stalledAt === undefined ? 0 : now() - this.#stalledAt;
    return { count: this.#stallCount, ms: this.#stalledMs + ms };
  }

  /** Whether whoever sends should wait. `waitingSize` is what has not been written yet. */
  isBackedUp(waitingSize: number): boolean {
    return waitingSize + this.#queue.size > READY_SIZE_MAX || this.#writer.isStalled;
  }

  /** Writes what is in `pieces`, which is something; the last to be written stands for all. */
  write(pieces: readonly Uint8Array[]): void {
    if (this.#socket.writable && !this.isEnded) {
      const last = pieces.length - 1;
      for (let index = 0; index < last; index++) {
        this.#queue.push(pieces[index]!, this.#onPieceWritten);
      }
      this.#queue.push(pieces[last]!, this.#onLastWritten);
    }
    this.check();
  }

  /** Whether large pieces are on their way. */
  get hasBulk(): boolean {
    return this.#queue.hasBulk;
  }

  /** Whether nothing more is to be written. */
  get isEnded(): boolean {
    return this.#queue.isEnded;
  }

  /** Whether the socket is there, and takes more. */
  get isAlive(): boolean {
    return !this.#socket.destroyed && !this.isEnded;
  }

  /** Ends our side of the socket behind all that was written. */
  end(): void {
    this.#queue.end();
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
