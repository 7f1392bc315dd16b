import { Connection } from "../../../runtime/core/connection.js";
import type {
  CallOptions,
  ConnectionEvent,
  ConnectionOptions,
} from "../../../runtime/core/connection-types.js";
import type { ChannelHeading } from "../../../runtime/core/delivery/sending/heading.js";
import type { SendChannel } from "../../../runtime/core/delivery/sending/send-channel.js";
import type { ChannelWire } from "../../../runtime/core/delivery/sending/wire.js";
import { RnpError } from "../../../runtime/core/error.js";
import type { InboundMessage } from "../../../runtime/core/inbound.js";
import type { MessageKey } from "../../../runtime/core/message-ids.js";
import type { MessageType, StreamType } from "../../../runtime/wire/message-type.js";
import type { Socket } from "../net/socket.js";
import type { Timer } from "../world/event-queue.js";
import type { World } from "../world/world.js";
import type { Life } from "./life.js";
import { SimWakeup } from "./wakeup.js";

/** Who waits for what comes back for a message; the token of a call. */
export interface Awaiter {
  settled(data: unknown): void;
  failed(error: RnpError): void;
  item(data: unknown): void;
}

export interface SimLinkOwner {
  opened(link: SimLink): void;
  message(link: SimLink, message: InboundMessage): void;
  cancelled(link: SimLink, message: InboundMessage): void;
  /** There may be room for more on the way out, or for more items of a stream. */
  room(link: SimLink): void;
  closed(link: SimLink, error: RnpError | undefined): void;
}

/** What `Link` of the runtime does around a `Connection`, over a socket of the simulated network. */
export class SimLink {
  readonly connection: Connection;
  readonly socket: Socket;
  readonly peer: string;
  readonly #world: World;
  readonly #life: Life;
  readonly #owner: SimLinkOwner;
  /** Whether the handshake is done. */
  hasOpened = false;
  #hasClosed = false;
  #flush: Timer | undefined;
  readonly #wakeup: SimWakeup;
  /** Channels that wait for room. */
  #waiting: (() => void)[] = [];

  constructor(
    world: World,
    life: Life,
    socket: Socket,
    options: ConnectionOptions,
    owner: SimLinkOwner,
  ) {
    this.#world = world;
    this.#life = life;
    this.#owner = owner;
    this.socket = socket;
    this.peer = options.peer.id;
    this.connection = new Connection(life.now, { ...options, wake: () => this.touched() });
    this.#wakeup = new SimWakeup(life, () => {
      this.connection.handleTimeout(life.now);
      this.#flushNow();
    });
    socket.owner = {
      bytes: (bytes) => {
        this.connection.handleBytes(life.now, bytes);
        this.#flushNow(true);
        if (this.connection.hasUnhurried) this.touched();
      },
      end: () => {
        this.connection.handleEnd();
        this.#flushNow();
      },
      reset: () =>
        this.fail(new RnpError("UNAVAILABLE", "the connection was reset", { outcome: "unknown" })),
    };
    this.touched();
  }

  get number(): number {
    return this.socket.connection;
  }

  get isOpen(): boolean {
    return this.connection.isOpen;
  }

  /** Whether whoever sends should wait. */
  get isBackedUp(): boolean {
    const { isStalled, queuedSize } = this.connection;
    return isStalled || queuedSize + this.socket.waitingSize > READY_SIZE_MAX;
  }

  /** Whether the peer knows channels. */
  get delivers(): boolean {
    return this.connection.delivers;
  }

  /** Whether the peer keeps a store. */
  get hasStore(): boolean {
    return this.connection.agreement?.peerStore !== undefined;
  }

  /** Whether what a channel sends would leave now. */
  get hasRoom(): boolean {
    return this.connection.hasRoom && !this.isBackedUp;
  }

  get isOverfull(): boolean {
    return this.connection.queuedSize + this.socket.waitingSize > QUEUE_SIZE_MAX;
  }

  send<Data>(type: MessageType<Data>, data: Data, id: string | undefined): void {
    this.connection.send(type, data, { id });
    this.touched();
  }

  call<Data>(
    verb: "request" | "sendForAck",
    type: MessageType<Data>,
    data: Data,
    options: CallOptions,
  ): MessageKey {
    const key = this.connection.calls[verb](this.#life.now, type, data, options);
    this.touched();
    return key;
  }

  stream<Data>(
    type: StreamType<Data>,
    data: Data,
    options: CallOptions,
    itemCredit: number,
  ): MessageKey {
    const key = this.connection.calls.openStream(this.#life.now, type, data, options, itemCredit);
    this.touched();
    return key;
  }

  /** Takes a channel, which sends by `wire` until this is closed or lets it go. */
  carry(channel: SendChannel, wire: ChannelWire): void {
    this.connection.carry(this.#life.now, channel, wire);
    this.touched();
  }

  release(channel: SendChannel): void {
    this.connection.release(this.#life.now, SAID_GOODBYE, channel);
  }

  transmit(type: MessageType, data: unknown, heading: ChannelHeading): number {
    const size = this.connection.transmit(type, data, heading);
    this.touched();
    return size;
  }

  awaitRoom(wake: () => void): void {
    this.#waiting.push(wake);
  }

  grant(key: MessageKey, count: number): void {
    this.connection.calls.grantItems(key, count);
    this.touched();
  }

  /** Whether the message had left. */
  cancel(key: MessageKey): boolean {
    const isRevoked = this.connection.calls.cancel(key);
    this.touched();
    return !isRevoked;
  }

  /** Says that a message has been handled. */
  settle(message: InboundMessage): void {
    this.connection.replies.settle(message);
    this.touched();
  }

  close(reason: string, drainMs: number): void {
    this.connection.close(this.#life.now, reason, drainMs);
    this.#flushNow();
  }

  fail(error: RnpError): void {
    this.connection.fail(error);
    this.#flushNow();
    this.socket.destroy();
  }

  /** Something was said to the connection: it acts on it at the end of the turn. */
  touched(): void {
    this.#flush ??= this.#life.after(0, () => this.#flushNow());
  }

  #flushNow(isHurried = false): void {
    this.#flush?.cancel();
    this.#flush = undefined;
    const { writes, events, wakeAt } = this.connection.takeOutput(isHurried);
    if (writes.length > 0) this.#write(writes);
    if (wakeAt === undefined) this.#endSocket();
    else this.#wakeup.at(wakeAt);
    for (const event of events) this.#handle(event);
    if (writes.length > 0 || events.length > 0) this.tellState();
    this.#roomMayHaveCome();
  }

  #roomMayHaveCome(): void {
    this.#owner.room(this);
    if (this.isBackedUp) return;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #write(writes: readonly Uint8Array[]): void {
    const { socket } = this;
    if (!socket.isWritable) return;
    socket.write(writes, () => {
      this.connection.handleWritten();
      this.#roomMayHaveCome();
    });
  }

  #handle(event: ConnectionEvent): void {
    const { number: connection } = this;
    const { node } = this.#life;
    switch (event.kind) {
      case "message":
        return this.#owner.message(this, event);
      case "settled":
        return (event.token as Awaiter).settled(event.data);
      case "failed":
        return (event.token as Awaiter).failed(event.error);
      case "item":
        return (event.token as Awaiter).item(event.data);
      case "credit":
        return this.#owner.room(this);
      case "cancelled":
        return this.#owner.cancelled(this, event.message);
      case "open":
        this.hasOpened = true;
        this.#world.tell({ kind: "open", connection, node });
        return this.#owner.opened(this);
      case "refused": {
        const { by, error } = event;
        return this.#world.tell({ kind: "refused", connection, node, by, code: error.code });
      }
      case "leaving":
        return;
      case "closed": {
        this.#hasClosed = true;
        const { code, reason } = event.error ?? { code: undefined, reason: undefined };
        this.#world.tell({ kind: "closed", connection, node, code, reason });
        this.connection.release(this.#life.now, event.error ?? SAID_GOODBYE);
        return this.#owner.closed(this, event.error);
      }
    }
  }

  tellState(): void {
    if (this.#hasClosed) return;
    const { creditBytes, windowBytes, unsettledSize, queuedSize, inFlightCount } = this.connection;
    this.#world.tell({
      kind: "state",
      connection: this.number,
      node: this.#life.node,
      credit: creditBytes,
      window: windowBytes,
      unsettled: unsettledSize,
      queued: queuedSize,
      inFlight: inFlightCount,
    });
  }

  #endSocket(): void {
    this.#wakeup.cancel();
    if (!this.socket.isWritable) return;
    this.socket.end();
    this.#life.after(END_PATIENCE_MS, () => this.socket.destroy());
  }
}

const SAID_GOODBYE = new RnpError("UNAVAILABLE", "the peer said goodbye");
const READY_SIZE_MAX = 65_536;
const QUEUE_SIZE_MAX = 1024 * 1024;
/** How long a peer may take to end its side of a closed connection. */
const END_PATIENCE_MS = 1000;
