import type { TLSSocket } from "node:tls";
import { Connection } from "../core/connection.js";
import type { ConnectionEvent, ConnectionOptions, Side } from "../core/connection-types.js";
import { RnpError } from "../core/error.js";
import type { PeerIdentity } from "../core/identity.js";
import type { InboundMessage } from "../core/inbound.js";
import type { MessageType } from "../wire/message-type.js";
import { now } from "./clock.js";
import { fromSocketError } from "./foreign-error.js";
import { Wakeup } from "./wakeup.js";

/** What the owner of links is told. None of these may throw. */
export interface LinkObserver {
  onOpen(link: Link): void;
  onMessage(link: Link, message: InboundMessage): void;
  onRefused(link: Link, by: "local" | "peer", error: RnpError): void;
  /** Last of all, once. `error` is `undefined` after a goodbye. */
  onClosed(link: Link, error: RnpError | undefined): void;
}

/** What the caller chooses of one message. */
export interface SendOptions {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  readonly meta?: Readonly<Record<string, string>> | undefined;
  /** Given when a message is sent again. */
  readonly id?: string | undefined;
}

interface Promised {
  resolve(data: unknown): void;
  reject(error: RnpError): void;
}

/**
 * A connection over its socket: the shell around `Connection` that does all of its IO. Bytes and timers go
 * in; bytes, settled promises and observer calls come out.
 */
export class Link {
  readonly peer: PeerIdentity;
  /** Our side of it: `client` where we dialled. */
  readonly side: Side;
  /** Settles with the handshake: a link is usable only after it. */
  readonly ready: Promise<void>;
  /** Settles when the link has closed, for whatever reason. */
  readonly closed: Promise<void>;
  /** When a message last began or ended on it, in the time of `now()`. */
  usedAt = now();

  readonly #socket: TLSSocket;
  readonly #connection: Connection;
  readonly #observer: LinkObserver;
  readonly #promised = new Map<string, Promised>();
  readonly #wakeup: Wakeup;
  #settleReady!: { resolve(): void; reject(error: RnpError): void };
  #settleClosed!: () => void;
  #flushIsDue = false;
  #draining: Promise<void> | undefined;

  constructor(socket: TLSSocket, options: ConnectionOptions, observer: LinkObserver) {
    this.peer = options.peer;
    this.side = options.side;
    this.#socket = socket;
    this.#observer = observer;
    this.#connection = new Connection(now(), options);
    this.#wakeup = new Wakeup(() => this.#step(() => this.#connection.handleTimeout(now())));
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    this.ready.catch(() => {}); // Who waits for it hears of it; it must not fail the process.
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
    this.#attach();
    this.#scheduleFlush();
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  get inFlightCount(): number {
    return this.#connection.inFlightCount;
  }

  /** Sends a request and settles with its answer. */
  request<Data, Answer>(
    type: MessageType<Data, Answer>,
    data: Data,
    { timeoutMs, signal, ...options }: SendOptions,
  ): Promise<Answer> {
    const id = this.#command(() => this.#connection.request(now(), type, data, timeoutMs, options));
    return this.#promise(id, signal) as Promise<Answer>;
  }

  /** Sends a message and settles once the peer has acknowledged it. */
  async sendForAck<Data>(
    type: MessageType<Data>,
    data: Data,
    { timeoutMs, signal, ...options }: SendOptions,
  ): Promise<void> {
    const id = this.#command(() =>
      this.#connection.sendForAck(now(), type, data, timeoutMs, options),
    );
    await this.#promise(id, signal);
  }

  /** Sends a message that nobody acknowledges. Settles at once unless the peer reads too slowly. */
  async send<Data>(
    type: MessageType<Data>,
    data: Data,
    options: Pick<SendOptions, "meta"> = {},
  ): Promise<void> {
    this.#command(() => this.#connection.send(type, data, options));
    if (this.#socket.writableNeedDrain) await this.#drained();
  }

  /** Answers a request; throws an `RnpError` where `data` is not what the request's schema names. */
  answer(message: InboundMessage, data: unknown): void {
    this.#reply(() => this.#connection.answer(message, data));
  }

  /** Tells the sender of a message that it failed. */
  refuse(message: InboundMessage, error: RnpError): void {
    this.#reply(() => this.#connection.refuse(message, error));
  }

  /** Says that a message has been handled. */
  settle(message: InboundMessage): void {
    this.#reply(() => this.#connection.settle(message));
  }

  /** Says goodbye and lets what is in flight finish; always ends within `drainMs`. */
  async close(reason: string, drainMs: number): Promise<void> {
    this.#step(() => this.#connection.close(now(), reason, drainMs));
    await this.closed;
  }

  /** Ends at once. */
  fail(error: RnpError): void {
    this.#step(() => this.#connection.fail(error));
  }

  #attach(): void {
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.on("data", (bytes) => this.#step(() => this.#connection.handleBytes(now(), bytes)));
    socket.on("end", () => this.#step(() => this.#connection.handleEnd()));
    socket.on("close", () => this.#step(() => this.#connection.handleEnd()));
    // A TLS error leaves the socket open, so it is destroyed here, whatever it was.
    socket.on("error", (error) => {
      this.fail(fromSocketError(`the connection to ${this.peer.id}`, error));
      socket.destroy();
    });
  }

  #promise(id: string, signal: AbortSignal | undefined): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#promised.delete(id);
        this.#step(() => this.#connection.forget(id));
        reject(cancelled(signal?.reason, "unknown"));
      };
      const settle = (finish: () => void) => {
        signal?.removeEventListener("abort", onAbort);
        finish();
      };
      this.#promised.set(id, {
        resolve: (data) => settle(() => resolve(data)),
        reject: (error) => settle(() => reject(error)),
      });
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** Something new that the application wants. Its bytes leave together with all else of this turn. */
  #command<Result>(command: () => Result): Result {
    this.usedAt = now();
    this.#assertRoom();
    const result = command();
    this.#scheduleFlush();
    return result;
  }

  /** The end of something that the peer wanted. */
  #reply(reply: () => void): void {
    this.usedAt = now();
    reply();
    this.#scheduleFlush();
  }

  #assertRoom(): void {
    const { writableLength } = this.#socket;
    if (writableLength <= QUEUE_SIZE_MAX) return;
    throw new RnpError(
      "BACKPRESSURE",
      `${this.peer.id} reads too slowly: ${writableLength} bytes wait for it; await each send`,
      { peer: this.peer.id },
    );
  }

  #scheduleFlush(): void {
    if (this.#flushIsDue) return;
    this.#flushIsDue = true;
    queueMicrotask(() => this.#flush());
  }

  /** Something that happened outside. Its effects leave at once. */
  #step(happened: () => void): void {
    happened();
    this.#flush();
  }

  #flush(): void {
    this.#flushIsDue = false;
    const { writes, events, wakeAt } = this.#connection.takeOutput();
    if (this.#socket.writable) for (const bytes of writes) this.#socket.write(bytes);
    if (wakeAt === undefined) this.#endSocket();
    else this.#wakeup.at(wakeAt);
    for (const event of events) this.#handleEvent(event);
  }

  #handleEvent(event: ConnectionEvent): void {
    switch (event.kind) {
      case "open":
        this.#settleReady.resolve();
        return this.#observer.onOpen(this);
      case "message":
        return this.#observer.onMessage(this, event.message);
      case "settled":
        return this.#take(event.id)?.resolve(event.data);
      case "failed":
        return this.#take(event.id)?.reject(event.error);
      case "refused":
        return this.#observer.onRefused(this, event.by, event.error);
      case "leaving":
        return; // `isOpen` says it.
      case "closed":
        return this.#handleClosed(event.error);
    }
  }

  #handleClosed(error: RnpError | undefined): void {
    const reason = error ?? new RnpError("UNAVAILABLE", `${this.peer.id} said goodbye`);
    this.#settleReady.reject(reason);
    this.#settleClosed();
    this.#observer.onClosed(this, error);
  }

  #take(id: string): Promised | undefined {
    const promised = this.#promised.get(id);
    this.#promised.delete(id);
    return promised;
  }

  #endSocket(): void {
    this.#wakeup.cancel();
    if (this.#socket.destroyed || this.#socket.writableEnded) return;
    this.#socket.end();
    // A peer that does not end its side must not keep the socket.
    const forced = setTimeout(() => this.#socket.destroy(), END_PATIENCE_MS);
    forced.unref();
    this.#socket.once("close", () => clearTimeout(forced));
  }

  /** Settles when the peer has read on, or never will; all who wait share one listener. */
  #drained(): Promise<void> {
    this.#draining ??= new Promise((resolve) => {
      const socket = this.#socket;
      const done = () => {
        socket.off("drain", done).off("close", done);
        this.#draining = undefined;
        resolve();
      };
      socket.on("drain", done).on("close", done);
    });
    return this.#draining;
  }
}

/** The error of a call whose `signal` was aborted. */
export function cancelled(reason: unknown, outcome: "not-delivered" | "unknown"): RnpError {
  return new RnpError("CANCELLED", "the caller cancelled", { cause: reason, outcome });
}

/** Bytes that may wait for one slow peer: four of the largest messages. */
const QUEUE_SIZE_MAX = 64 * 1024 * 1024;
/** How long a peer may take to end its side of a closed connection. */
const END_PATIENCE_MS = 1000;
