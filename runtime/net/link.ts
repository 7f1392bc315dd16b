import type { TLSSocket } from "node:tls";
import { Connection } from "../core/connection.js";
import type { ConnectionEvent, ConnectionOptions, Side } from "../core/connection-types.js";
import type { ChannelHeading } from "../core/delivery/heading.js";
import type { SendChannel } from "../core/delivery/send-channel.js";
import type { ChannelWire } from "../core/delivery/wire.js";
import { RnpError } from "../core/error.js";
import type { PeerIdentity } from "../core/identity.js";
import type { InboundMessage } from "../core/inbound.js";
import type { MessageKey } from "../core/message-ids.js";
import type { MessageType, StreamType } from "../wire/message-type.js";
import { type Awaiter, CallAwaiter, cancelled, StreamAwaiter } from "./awaiter.js";
import type { CallOptions, Carrier, PostOptions, StreamCallOptions } from "./carrier.js";
import { now } from "./clock.js";
import { fromSocketError } from "./foreign-error.js";
import { Inflow } from "./inflow.js";
import { ItemCredit } from "./item-credit.js";
import { type ItemSink, ItemStream, itemCreditFor, type StreamControls } from "./item-stream.js";
import type { ConnectionReport, LinkObserver } from "./link-types.js";
import { Outflow } from "./outflow.js";
import { Wakeup } from "./wakeup.js";

/**
 * A connection over its socket: the shell around `Connection` that does all of its IO. Bytes and timers go
 * in; bytes, settled promises and observer calls come out.
 */
export class Link implements Carrier, ChannelWire {
  readonly peer: PeerIdentity;
  /** Our side of it: `client` where we dialled. */
  readonly side: Side;
  /** Settles with the handshake: a link is usable only after it. */
  readonly ready: Promise<void>;
  /** Settles when the link has closed, for whatever reason. */
  readonly closed: Promise<void>;
  /** When something last came or left, in the time of `now()`. */
  usedAt: number = now();

  readonly #socket: TLSSocket;
  readonly #connection: Connection;
  readonly #observer: LinkObserver;
  readonly #inflow: Inflow;
  readonly #outflow: Outflow;
  readonly #itemCredit = new ItemCredit();
  readonly #wakeup: Wakeup;
  #settleReady!: { resolve(): void; reject(error: RnpError): void };
  #settleClosed!: () => void;
  #flushIsDue = false;
  #lateFlushIsDue = false;

  constructor(socket: TLSSocket, options: ConnectionOptions, observer: LinkObserver) {
    this.peer = options.peer;
    this.side = options.side;
    this.#socket = socket;
    this.#observer = observer;
    const wake = () => this.#scheduleLateFlush();
    const connection = new Connection(now(), { ...options, wake });
    this.#connection = connection;
    const onWritten = () => connection.handleWritten();
    this.#inflow = new Inflow(socket, () => isOverwhelmed(connection));
    this.#outflow = new Outflow(socket, () => connection.isStalled, onWritten);
    this.#wakeup = new Wakeup(() => {
      // What we do not read, we cannot hear: such silence tells nothing of the peer.
      if (socket.isPaused()) connection.handlePause(now());
      connection.handleTimeout(now());
      this.#flush();
    });
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

  /** Nothing is in flight, either way. */
  get isIdle(): boolean {
    return this.#connection.isIdle;
  }

  /** Whether the peer knows channels. */
  get delivers(): boolean {
    return this.#connection.delivers;
  }

  /** Whether the peer keeps a store, and can take what has to be durable. */
  get hasStore(): boolean {
    return this.#connection.agreement?.peerStore !== undefined;
  }

  get hasRoom(): boolean {
    return this.#connection.hasRoom && !this.#outflow.isBackedUp(this.#connection.queuedSize);
  }

  /** Bytes that wait for the peer's credit, or for it to read on. */
  get queuedBytes(): number {
    return this.#connection.queuedSize + this.#outflow.queuedSize;
  }

  report(): ConnectionReport {
    const { isOpen, inFlightCount, creditBytes, windowBytes } = this.#connection;
    return {
      peer: this.peer.id,
      side: this.side,
      isOpen,
      inFlight: inFlightCount,
      queuedBytes: this.queuedBytes,
      creditBytes,
      windowBytes,
      stalls: this.#outflow.stalls,
    };
  }

  request<Data, Answer>(
    type: MessageType<Data, Answer>,
    data: Data,
    options: CallOptions,
  ): Promise<Answer> {
    return this.#call("request", type, data, options) as Promise<Answer>;
  }

  sendForAck<Data>(type: MessageType<Data>, data: Data, options: CallOptions): Promise<void> {
    return this.#call("sendForAck", type, data, options) as Promise<void>;
  }

  stream<Data, Item>(
    type: StreamType<Data, Item>,
    data: Data,
    options: StreamCallOptions = {},
  ): AsyncIterableIterator<Item> {
    return new ItemStream<Item>(itemCreditFor(type.stream.sizeMax), (sink, itemCredit) =>
      this.openStream(type, data, options, sink, itemCredit),
    );
  }

  openStream<Data>(
    type: StreamType<Data>,
    data: Data,
    options: StreamCallOptions,
    sink: ItemSink,
    itemCredit: number,
  ): StreamControls {
    const { timeoutMs = Number.POSITIVE_INFINITY, signal, meta } = options;
    if (signal?.aborted) throw cancelled(signal.reason, "not-delivered");
    this.#assertRoom();
    const token = new StreamAwaiter(sink);
    const call = { timeoutMs, meta, token };
    const key = this.#connection.calls.openStream(now(), type, data, call, itemCredit);
    const cancel = () => this.#cancel(key);
    if (signal !== undefined) token.heed(signal, cancel);
    this.#scheduleFlush();
    return {
      grant: (count) => this.#grantItems(key, count),
      cancel: () => {
        token.abandoned();
        cancel();
      },
    };
  }

  /** Takes a channel: it sends here until the link closes or it is released. */
  carry(channel: SendChannel): void {
    this.#connection.carry(now(), channel, this);
    this.#scheduleLateFlush();
  }

  /** Lets a channel go, which then has nothing unsettled here. */
  release(channel: SendChannel): void {
    this.#connection.release(now(), this.#saidGoodbye(), channel);
  }

  transmit(type: MessageType, data: unknown, heading: ChannelHeading): number {
    const size = this.#connection.transmit(type, data, heading);
    this.#scheduleLateFlush();
    return size;
  }

  awaitRoom(wake: () => void): void {
    void this.#outflow.drained().then(wake);
  }

  post<Data>(type: MessageType<Data>, data: Data, options?: PostOptions): boolean {
    this.#assertRoom();
    this.#connection.send(type, data, options);
    this.#scheduleFlush();
    return !this.#outflow.isBackedUp(this.#connection.queuedSize);
  }

  send<Data>(type: MessageType<Data>, data: Data, options?: PostOptions): Promise<void> {
    return this.post(type, data, options) ? AT_ONCE : this.drained();
  }

  drained(): Promise<void> {
    if (!this.isOpen || !this.#outflow.isBackedUp(this.#connection.queuedSize)) return AT_ONCE;
    return this.#outflow.drained();
  }

  /** Answers a request; throws an `RnpError` where `data` is not what the request's schema names. */
  answer(message: InboundMessage, data: unknown): void {
    this.#connection.replies.answer(message, data);
    this.#replied();
  }

  /** Tells the sender of a message that it failed. */
  refuse(message: InboundMessage, error: RnpError): void {
    this.#connection.replies.refuse(message, error);
    this.#itemCredit.wake(message);
    this.#replied();
  }

  /** Says that a message has been handled. */
  settle(message: InboundMessage): void {
    this.#connection.replies.settle(message);
    if (message.channel === undefined) this.#replied();
    else this.#inflow.relieved();
  }

  /** Lets go of a message of which nothing is to be said. */
  drop(message: InboundMessage): void {
    this.#connection.replies.drop(message);
    this.#replied();
  }

  /** Sends one item of a stream that the peer asked for, and for which `credited` said that there is room. */
  item(message: InboundMessage, data: unknown): void {
    this.#connection.replies.item(message, data);
    this.#replied();
  }

  /** Ends a stream that the peer asked for: well, or with an error. */
  end(message: InboundMessage, error?: RnpError): void {
    this.#connection.replies.end(message, error);
    this.#itemCredit.wake(message);
    this.#replied();
  }

  /**
   * Settles with `true` when the peer has room for an item of the stream and the connection has it too, with
   * `false` when nobody waits for items any more.
   */
  async credited(message: InboundMessage): Promise<boolean> {
    for (;;) {
      if (message.isOver || !this.#isAlive) return false;
      if (message.itemCredit <= 0) await this.#itemCredit.awaited(message);
      else if (this.#outflow.isBackedUp(this.#connection.queuedSize)) await this.#outflow.drained();
      else return true;
    }
  }

  /** Says goodbye and lets what is in flight finish; always ends within `drainMs`. */
  async close(reason: string, drainMs: number): Promise<void> {
    this.#connection.close(now(), reason, drainMs);
    this.#flush();
    await this.closed;
  }

  /** Ends at once. */
  fail(error: RnpError): void {
    this.#connection.fail(error);
    this.#flush();
  }

  get #isAlive(): boolean {
    return !this.#socket.destroyed && !this.#outflow.isEnded;
  }

  #attach(): void {
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.on("data", (bytes) => this.#handleBytes(bytes));
    for (const event of ["end", "close"]) {
      socket.on(event, () => {
        this.#connection.handleEnd();
        this.#flush();
      });
    }
    // A TLS error leaves the socket open, so it is destroyed here, whatever it was.
    socket.on("error", (error) => {
      this.fail(fromSocketError(`the connection to ${this.peer.id}`, error));
      socket.destroy();
    });
  }

  #handleBytes(bytes: Uint8Array): void {
    const time = now();
    this.#connection.handleBytes(time, bytes);
    this.#flush(true);
    if (this.#connection.hasUnhurried) this.#scheduleLateFlush();
    this.#inflow.took(bytes, time, this.#outflow.hasBulk);
  }

  #call<Data>(
    verb: "request" | "sendForAck",
    type: MessageType<Data>,
    data: Data,
    { timeoutMs, signal, meta, id }: CallOptions,
  ): Promise<unknown> {
    if (signal?.aborted) return Promise.reject(cancelled(signal.reason, "not-delivered"));
    this.#assertRoom();
    const token = new CallAwaiter();
    const key = this.#connection.calls[verb](now(), type, data, { timeoutMs, meta, id, token });
    if (signal !== undefined) token.heed(signal, () => this.#cancel(key));
    this.#scheduleFlush();
    return token.promise;
  }

  /** Whether the message had left. */
  #cancel(key: MessageKey): boolean {
    const isRevoked = this.#connection.calls.cancel(key);
    this.#scheduleFlush();
    return !isRevoked;
  }

  #grantItems(key: MessageKey, count: number): void {
    this.#connection.calls.grantItems(key, count);
    this.#scheduleFlush();
  }

  #assertRoom(): void {
    const { queuedBytes } = this;
    if (queuedBytes <= QUEUE_SIZE_MAX) return;
    throw new RnpError(
      "BACKPRESSURE",
      `${this.peer.id} reads too slowly: ${queuedBytes} bytes wait for it; await each send`,
      { peer: this.peer.id },
    );
  }

  /** What the peer is owed cannot be refused to it; one that reads none of it is given up. */
  #replied(): void {
    this.#scheduleFlush();
    this.#inflow.relieved();
  }

  #assertRead(): void {
    const { queuedBytes } = this;
    if (queuedBytes <= QUEUE_SIZE_MAX + OWED_SIZE_MAX || !this.#isAlive) return;
    const text = `${this.peer.id} does not read: ${queuedBytes} bytes wait for it`;
    this.#connection.fail(new RnpError("BACKPRESSURE", text, { peer: this.peer.id }));
    this.#socket.destroy();
  }

  #scheduleFlush(): void {
    if (this.#flushIsDue) return;
    this.#flushIsDue = true;
    queueMicrotask(() => this.#flush());
  }

  /** For what gathers: acks, and messages in channels. What comes in meanwhile adds to it. */
  #scheduleLateFlush(): void {
    if (this.#lateFlushIsDue) return;
    this.#lateFlushIsDue = true;
    setImmediate(() => {
      this.#lateFlushIsDue = false;
      this.#flush();
    });
  }

  /** Does what the connection wants done. All bytes of one turn leave in one write. */
  #flush(isHurried = false): void {
    if (!isHurried) this.#flushIsDue = false;
    const { writes, events, wakeAt } = this.#connection.takeOutput(isHurried);
    if (writes.length > 0) this.#outflow.write(writes);
    else this.#outflow.check();
    this.#assertRead();
    if (writes.length > 0 || events.length > 0) this.usedAt = now();
    if (wakeAt === undefined) this.#endSocket();
    else this.#wakeup.at(wakeAt);
    for (const event of events) this.#handleEvent(event);
  }

  #handleEvent(event: ConnectionEvent): void {
    switch (event.kind) {
      case "message":
        return this.#observer.onMessage(this, event);
      case "settled":
        return (event.token as Awaiter).settled(event.data);
      case "failed":
        return (event.token as Awaiter).failed(event.error);
      case "item":
        return (event.token as Awaiter).item(event.data);
      case "credit":
        return this.#itemCredit.wake(event.message);
      case "cancelled":
        this.#itemCredit.wake(event.message);
        return this.#observer.onCancelled(this, event.message);
      case "open":
        this.#settleReady.resolve();
        return this.#observer.onOpen(this);
      case "refused":
        return this.#observer.onRefused(this, event.by, event.error);
      case "leaving":
        return; // `isOpen` says it.
      case "closed":
        return this.#handleClosed(event.error);
    }
  }

  #handleClosed(error: RnpError | undefined): void {
    const reason = error ?? this.#saidGoodbye();
    this.#connection.release(now(), reason);
    this.#settleReady.reject(reason);
    this.#settleClosed();
    this.#itemCredit.wakeAll();
    this.#observer.onClosed(this, error);
  }

  #saidGoodbye(): RnpError {
    return new RnpError("UNAVAILABLE", `${this.peer.id} said goodbye`, { peer: this.peer.id });
  }

  #endSocket(): void {
    this.#wakeup.cancel();
    if (!this.#isAlive) return;
    this.#outflow.end();
    // A peer that does not end its side must not keep the socket.
    const forced = setTimeout(() => this.#socket.destroy(), END_PATIENCE_MS);
    forced.unref();
    this.#socket.once("close", () => clearTimeout(forced));
  }
}

/** A peer without flow control is held back by TCP while handlers have too much to do. */
function isOverwhelmed({ creditBytes, unsettledSize }: Connection): boolean {
  return creditBytes === Number.POSITIVE_INFINITY && unsettledSize > UNSETTLED_SIZE_MAX;
}

const AT_ONCE: Promise<void> = Promise.resolve();
/** Bytes that may wait for one slow peer: two of the largest messages. */
const QUEUE_SIZE_MAX = 32 * 1024 * 1024;
/** And so many more that the peer is owed: answers, acknowledgements, pongs. */
const OWED_SIZE_MAX = 16 * 1024 * 1024;
/** Bytes that handlers may have of a peer without flow control: the largest window of one that has it. */
const UNSETTLED_SIZE_MAX = 16 * 1024 * 1024;
/** How long a peer may take to end its side of a closed connection. */
const END_PATIENCE_MS = 1000;
