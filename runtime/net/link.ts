import type { TLSSocket } from "node:tls";
import { Connection } from "../core/connection.js";
import type { ConnectionEvent, ConnectionOptions, Side } from "../core/connection-types.js";
import type { SendChannel } from "../core/delivery/sending/send-channel.js";
import { RnpError } from "../core/error.js";
import type { Agreement } from "../core/handshake.js";
import type { PeerIdentity } from "../core/identity.js";
import type { MessageType, StreamType } from "../wire/message-type.js";
import type { Awaiter } from "./awaiter.js";
import type { CallOptions, Carrier, PostOptions, StreamCallOptions } from "./carrier.js";
import { now } from "./clock.js";
import { type ItemSink, ItemStream, itemCreditFor, type StreamControls } from "./item-stream.js";
import { LinkCalls } from "./link-calls.js";
import type { LinkOutput } from "./link-output.js";
import { LinkReplies } from "./link-replies.js";
import { type EventSink, LinkSocket } from "./link-socket.js";
import type { ConnectionReport, LinkObserver } from "./link-types.js";

/**
 * A connection over its socket, as the node sees it: takes what is to be sent, and turns what the connection tells
 * into settled promises and calls of its observer.
 */
export class Link implements Carrier, EventSink {
  readonly peer: PeerIdentity;
  /** Our side of it: `client` where we dialled. */
  readonly side: Side;
  /** Settles with the handshake: a link is usable only after it. */
  readonly ready: Promise<void>;
  /** Settles when the link has closed, for whatever reason. */
  readonly closed: Promise<void>;
  /** What is said to the messages of the peer. */
  readonly replies: LinkReplies;

  readonly #connection: Connection;
  readonly #socket: LinkSocket;
  readonly #output: LinkOutput;
  readonly #calls: LinkCalls;
  readonly #observer: LinkObserver;
  #settleReady!: { resolve(): void; reject(error: RnpError): void };
  #settleClosed!: () => void;

  constructor(socket: TLSSocket, options: ConnectionOptions, observer: LinkObserver) {
    const { peer } = options;
    this.peer = peer;
    this.side = options.side;
    this.#observer = observer;
    const wake = () => this.#output.scheduleLate();
    const connection = new Connection(now(), { ...options, wake });
    this.#socket = new LinkSocket(socket, peer.id, connection, this);
    this.#connection = connection;
    this.#output = this.#socket.output;
    this.#calls = new LinkCalls(connection.calls, this.#output);
    this.replies = new LinkReplies(peer, connection, this.#socket.inflow, this.#output);
    this.ready = new Promise((resolve, reject) => {
      this.#settleReady = { resolve, reject };
    });
    this.ready.catch(() => {}); // Who waits for it hears of it; it must not fail the process.
    this.closed = new Promise((resolve) => {
      this.#settleClosed = resolve;
    });
  }

  get isOpen(): boolean {
    return this.#connection.isOpen;
  }

  /** What both sides agreed on; `undefined` before the handshake is done. */
  get agreement(): Agreement | undefined {
    return this.#connection.agreement;
  }

  /** When something last came or left, in the time of `now()`. */
  get usedAt(): number {
    return this.#socket.usedAt;
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

  /** The ids of the secrets that it rests on; none where messages are not authenticated. */
  get secretIds(): readonly string[] {
    return this.#connection.secretIds;
  }

  /** Whether the peer keeps a store, and can take what has to be durable. */
  get hasStore(): boolean {
    return this.#connection.agreement?.peerStore !== undefined;
  }

  /** Bytes that wait for the peer's credit, or for it to read on. */
  get queuedBytes(): number {
    return this.#output.queuedBytes;
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
      stalls: this.#socket.stalls,
    };
  }

  request<Data, Answer>(
    type: MessageType<Data, Answer>,
    data: Data,
    options: CallOptions,
  ): Promise<Answer> {
    return this.#calls.call("request", type, data, options) as Promise<Answer>;
  }

  sendForAck<Data>(type: MessageType<Data>, data: Data, options: CallOptions): Promise<void> {
    return this.#calls.call("sendForAck", type, data, options) as Promise<void>;
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
    return this.#calls.openStream(type, data, options, sink, itemCredit);
  }

  /** Takes a channel: it sends here until the link closes or it is released. */
  carry(channel: SendChannel): void {
    this.#connection.carry(now(), channel, this.#output);
    this.#output.scheduleLate();
  }

  /** Lets a channel go, which then has nothing unsettled here. */
  release(channel: SendChannel): void {
    this.#connection.release(now(), this.#saidGoodbye(), channel);
  }

  post<Data>(type: MessageType<Data>, data: Data, options?: PostOptions): boolean {
    this.#output.assertRoom();
    this.#connection.send(type, data, options);
    this.#output.schedule();
    return !this.#output.isBackedUp;
  }

  send<Data>(type: MessageType<Data>, data: Data, options?: PostOptions): Promise<void> {
    return this.post(type, data, options) ? AT_ONCE : this.drained();
  }

  drained(): Promise<void> {
    return this.isOpen && this.#output.isBackedUp ? this.#output.drained() : AT_ONCE;
  }

  /** Says goodbye and lets what is in flight finish; always ends within `drainMs`. */
  async close(reason: string, drainMs: number): Promise<void> {
    this.#connection.close(now(), reason, drainMs);
    this.#socket.flush();
    await this.closed;
  }

  /** Ends at once. */
  fail(error: RnpError): void {
    this.#socket.fail(error);
  }

  /** Tells the peer why, and ends at once. */
  expel(error: RnpError): void {
    this.#socket.expel(error);
  }

  /** For what the connection tells. */
  handleEvent(event: ConnectionEvent): void {
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
        return this.replies.changed(event.message);
      case "cancelled":
        this.replies.changed(event.message);
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
    this.replies.closed();
    this.#observer.onClosed(this, error);
  }

  #saidGoodbye(): RnpError {
    return new RnpError("UNAVAILABLE", `${this.peer.id} said goodbye`, { peer: this.peer.id });
  }
}

const AT_ONCE: Promise<void> = Promise.resolve();
