import { CANCEL } from "../../generated/messages/cancel.js";
import { ERROR } from "../../generated/messages/error.js";
import { HELLO, type Hello } from "../../generated/messages/hello.js";
import { HELLO_ACK } from "../../generated/messages/hello_ack.js";
import { PING } from "../../generated/messages/ping.js";
import { STREAM_CREDIT } from "../../generated/messages/stream/credit.js";
import { FrameReader, type OnFrame } from "../wire/frame-reader.js";
import { FLAG_REQUIRES_ACK } from "../wire/header.js";
import type { MessageType, StreamType } from "../wire/message-type.js";
import type { ConnectionParts } from "./connection-parts.js";
import type {
  CallOptions,
  ConnectionEvent,
  ConnectionOptions,
  MessageOptions,
  Output,
} from "./connection-types.js";
import { Correspondence } from "./correspondence.js";
import { CreditReturn } from "./credit-return.js";
import { AckWriter } from "./delivery/ack-writer.js";
import { CarriedChannels } from "./delivery/carried-channels.js";
import type { ChannelHeading } from "./delivery/heading.js";
import { ReceivedChannels } from "./delivery/received-channels.js";
import type { SendChannel } from "./delivery/send-channel.js";
import type { ChannelWire } from "./delivery/wire.js";
import { RnpError, toRnpError } from "./error.js";
import { Farewell } from "./farewell.js";
import { type Agreement, agree, helloAckOf, helloOf } from "./handshake.js";
import { Inbox } from "./inbox.js";
import { Keepalive } from "./keepalive.js";
import { Lifecycle } from "./lifecycle.js";
import type { MessageKey } from "./message-ids.js";
import { Outbound } from "./outbound.js";
import type { Waiting } from "./outstanding.js";
import { payloadLimits } from "./payload-limits.js";
import { errorDataOf } from "./peer-error.js";
import { ReceiveWindow } from "./receive-window.js";
import { Receiver } from "./received.js";
import { Reception } from "./reception.js";
import { Replies } from "./replies.js";
import { Routes } from "./routes.js";

/**
 * One RNP connection, without a socket and without a clock.
 *
 * - `handle*` take what happened outside: bytes, the end of the stream, a timer.
 * - `request`, `send`, `openStream`, `cancel`, `close` and what `replies` has take what the application wants.
 * - `takeOutput` gives what the caller must do about it. Call it after each of the others.
 *
 * A peer's fault becomes an event; only wrong use by the application throws, and it throws an `RnpError`.
 */
export class Connection implements ChannelWire {
  /** What the application says to the messages of the peer. */
  readonly replies: Replies;

  readonly #options: ConnectionOptions;
  readonly #reader: FrameReader;
  readonly #parts: ConnectionParts;
  readonly #keepalive: Keepalive;
  readonly #onFrame: OnFrame;
  #agreement: Agreement | undefined;
  #capabilities: ReadonlySet<string> = new Set();
  /** Channels that wait for credit. */
  #awaitingRoom: (() => void)[] = [];
  #events: ConnectionEvent[] = [];
  /** When the bytes that are being handled came, on either clock. */
  #now = 0;
  #arrivedAt = 0;
  /** The last connection-level `error` of the peer: the reason, should the stream end next. */
  #peerComplaint: RnpError | undefined;

  constructor(now: number, options: ConnectionOptions) {
    const { side, local, host, timing, messages } = options;
    this.#options = options;
    this.#reader = new FrameReader(payloadLimits(messages), options.isLent);
    this.#keepalive = new Keepalive(now, timing.keepaliveIntervalMs, timing.keepalivePatienceMs);
    this.#parts = this.#assemble(now);
    const { lifecycle, outbound, inbox } = this.#parts;
    this.replies = new Replies(lifecycle, outbound, inbox);
    const reception = new Reception(this.#parts);
    this.#onFrame = (flags, chunk, from, to, lent) =>
      reception.take(this.#now, flags, chunk, from, to, lent);
    if (side === "client") {
      outbound.write(HELLO, helloOf(local, host.newNonce(), this.#parts.received.report()));
    }
  }

  #assemble(now: number): ConnectionParts {
    const { side, local, peer, host, meter, timing, messages, sessions, wake } = this.#options;
    const emit = (event: ConnectionEvent) => void this.#events.push(event);
    const outbound = new Outbound(local.id, host, meter);
    const window = new ReceiveWindow();
    const inbox = new Inbox(window);
    const lifecycle = new Lifecycle(side, now + timing.helloTimeoutMs);
    const correspondence = new Correspondence(peer.id, meter, emit);
    const carried = new CarriedChannels();
    const received = sessions?.of(peer.id) ?? new ReceivedChannels();
    const { drainMs } = timing;
    const isIdle = () => this.isIdle && !outbound.isStalled && !this.#parts.acks.isDue;
    const end = () => this.#end(undefined);
    // Written out: an object that is put together by spreading has a shape of its own, as large as the object.
    return {
      peer,
      host,
      meter,
      lifecycle,
      outbound,
      window,
      inbox,
      correspondence,
      emit,
      carried,
      received,
      acks: new AckWriter(lifecycle, outbound, received.nextOrder(), wake ?? (() => {})),
      farewell: new Farewell({ lifecycle, outbound, drainMs, isIdle, emit, end }),
      receiver: new Receiver(peer.id, messages, meter),
      routes: new Routes(peer, local, meter, messages),
      creditReturn: new CreditReturn(window, outbound, host),
      delivers: () => this.delivers,
      roomHasCome: () => this.#roomHasCome(),
      arrivedAt: () => this.#arrivedAt,
      greetedWith: (hello) => this.#greetedWith(hello),
      acceptedWith: (helloAck) => this.#enter(agree(local, peer, helloAck)),
      complained: (error) => {
        this.#peerComplaint = error;
      },
    };
  }

  get isOpen(): boolean {
    return this.#parts.lifecycle.kind === "open";
  }

  /** Requests, streams and acknowledged messages of ours in flight. */
  get inFlightCount(): number {
    return this.#parts.correspondence.size + this.#parts.carried.unsettledCount;
  }

  /** Whether messages have places in channels, as both sides agreed. */
  get delivers(): boolean {
    return this.#capabilities.has("delivery");
  }

  /** What a channel needs to begin: see `SendChannel.attach`. */
  get agreement(): Agreement | undefined {
    return this.#agreement;
  }

  /** Whether a message would leave with what is written next. */
  get hasRoom(): boolean {
    const { outbound } = this.#parts;
    return this.isOpen && outbound.credit.available > 0 && !outbound.isStalled;
  }

  /** Nothing is in flight, either way. */
  get isIdle(): boolean {
    return this.inFlightCount === 0 && this.#parts.inbox.size === 0;
  }

  /** Bytes of messages that wait for credit or for `takeOutput`. */
  get queuedSize(): number {
    return this.#parts.outbound.queuedSize;
  }

  /** Whether messages wait for credit. */
  get isStalled(): boolean {
    return this.#parts.outbound.isStalled;
  }

  /** Bytes of the peer's messages that the application has not settled. */
  get unsettledSize(): number {
    return this.#parts.window.unsettledSize;
  }

  /** Bytes that may be sent at once; infinite without flow control. */
  get creditBytes(): number {
    return this.#parts.outbound.credit.available;
  }

  /** Bytes that the peer may send at once, when nothing is in flight. */
  get windowBytes(): number {
    return this.#parts.window.size;
  }

  /** Sends a request. A `settled` or `failed` event follows, within `timeoutMs`. */
  request<Data>(
    now: number,
    type: MessageType<Data>,
    data: Data,
    options: CallOptions,
  ): MessageKey {
    return this.#call(now, type, data, "answer", options);
  }

  /** Sends a message to be acknowledged. A `settled` or `failed` event follows, within `timeoutMs`. */
  sendForAck<Data>(
    now: number,
    type: MessageType<Data>,
    data: Data,
    options: CallOptions,
  ): MessageKey {
    return this.#call(now, type, data, "acknowledgement", options);
  }

  /**
   * Asks for a stream of at first `itemCredit` items. `item` events follow, then a `settled` or `failed` one.
   *
   * @throws RnpError `UNSUPPORTED` where the peer knows no streams
   */
  openStream<Data>(
    now: number,
    type: StreamType<Data>,
    data: Data,
    options: CallOptions,
    itemCredit: number,
  ): MessageKey {
    this.#assertOpen();
    if (!this.#capabilities.has("streams")) throw knowsNoStreams(this.#options.peer.id, type);
    const key = this.#call(now, type, data, "end of the stream", options);
    this.grantItems(key, itemCredit);
    return key;
  }

  /** Gives room for further items of a stream. */
  grantItems(key: MessageKey, count: number): void {
    const { correspondence, outbound } = this.#parts;
    const waiting = correspondence.get(key);
    if (waiting === undefined) return;
    waiting.itemCredit += count;
    outbound.writeAfter(key, STREAM_CREDIT, { id: outbound.idOf(waiting), messages: count });
  }

  /**
   * Takes a channel, which sends on this connection from now on, by `wire` where that is given.
   *
   * @throws RnpError `UNAVAILABLE` where the connection is not open
   */
  carry(now: number, channel: SendChannel, wire: ChannelWire = this): void {
    this.#assertOpen();
    this.#parts.carried.add(channel);
    const { channels, peerBootEpochMs } = this.#agreement!;
    const report = channels.find((each) => each.channel === channel.name);
    channel.attach(now, wire, report, peerBootEpochMs);
  }

  /** Lets go of one channel, or of all; an attempt has failed for what is unsettled in them. */
  release(now: number, error: RnpError, channel?: SendChannel): void {
    if (channel === undefined) this.#parts.carried.detachAll(now, error);
    else this.#parts.carried.detach(now, channel, error);
  }

  transmit(type: MessageType, data: unknown, heading: ChannelHeading): number {
    this.#assertOpen();
    return this.#parts.outbound.writeInChannel(type, data, heading);
  }

  awaitRoom(wake: () => void): void {
    this.#awaitingRoom.push(wake);
  }

  /** Sends a message for which nothing comes back. */
  send<Data>(type: MessageType<Data>, data: Data, options?: MessageOptions): void {
    this.#assertOpen();
    this.#parts.outbound.write(type, data, options);
  }

  /**
   * Forgets a message of ours: nothing that comes back for it is told any more. The peer hears that nobody
   * waits for a request or a stream. `true`: it had not left and nobody will ever see it.
   */
  cancel(key: MessageKey): boolean {
    const waiting = this.#parts.correspondence.forget(key);
    return waiting !== undefined && this.#withdraw(waiting);
  }

  /** Says goodbye: no new messages; what is in flight finishes or fails within `drainMs`. */
  close(now: number, reason: string, drainMs: number): void {
    this.#parts.farewell.say(now, reason, drainMs);
  }

  /** Ends at once because of something outside, such as a socket error or an expired certificate. */
  fail(error: RnpError): void {
    this.#end(error);
  }

  handleBytes(now: number, bytes: Uint8Array): void {
    if (this.#parts.lifecycle.kind === "closed") return;
    this.#now = now;
    this.#arrivedAt = this.#options.host.unixTimeMs();
    this.#keepalive.heard(now);
    try {
      this.#reader.push(bytes, this.#onFrame);
    } catch (thrown) {
      this.#complain(toRnpError(thrown));
    }
  }

  /** The peer ended the stream. Without a `goodbye` that is a lost connection, never a clean end. */
  handleEnd(): void {
    const { kind } = this.#parts.lifecycle;
    if (kind === "leaving") return this.#end(undefined);
    this.#end(this.#peerComplaint ?? this.#lost(kind === "greeting" ? TURNED_AWAY : LOST));
  }

  handleTimeout(now: number): void {
    const { kind, endAt } = this.#parts.lifecycle;
    if (kind === "closed") return;
    if (now >= endAt) return kind === "greeting" ? this.#giveUpGreeting() : this.#end(undefined);
    this.#failOverdue(now);
    this.#parts.carried.handleTimeout(now);
    if (kind !== "greeting") this.#keepAlive(now);
  }

  /** Nothing is read from the peer at present, so that it cannot be heard. */
  handlePause(now: number): void {
    this.#keepalive.heard(now);
  }

  /** What the oldest output that had `writes` gave has been written; its memory may be used again. */
  handleWritten(): void {
    this.#parts.outbound.written();
  }

  /** Whether `takeOutput` has more to give than what is hurried. */
  get hasUnhurried(): boolean {
    return this.#parts.acks.isDue || this.#parts.carried.hasAdvanced;
  }

  /**
   * What to do now.
   *
   * @param isHurried leaves out acks of channels and what acks have made room for, so that they gather while
   *   more bytes come in; the next call that is not hurried has them
   */
  takeOutput(isHurried = false): Output {
    const { lifecycle, farewell, creditReturn, outbound, acks, carried } = this.#parts;
    if (!isHurried) {
      acks.write();
      carried.pump();
    }
    farewell.finish();
    if (lifecycle.carriesReplies) creditReturn.grant(this.#now);
    const events = this.#events;
    this.#events = [];
    return { writes: outbound.take(), events, wakeAt: this.#wakeAt() };
  }

  #wakeAt(): number | undefined {
    const { lifecycle, correspondence, carried } = this.#parts;
    const { kind, endAt } = lifecycle;
    if (kind === "closed") return undefined;
    if (kind === "greeting") return endAt;
    const { dueAt } = this.#keepalive;
    return Math.min(endAt, correspondence.nextDeadlineAt, carried.wakeAt, dueAt);
  }

  #call<Data>(
    now: number,
    type: MessageType<Data>,
    data: Data,
    awaits: Waiting["awaits"],
    { timeoutMs, id, meta, token }: CallOptions,
  ): MessageKey {
    this.#assertOpen();
    this.#reserveKey(id);
    const isAcknowledged = awaits === "acknowledgement";
    const deadlineMs = isAcknowledged ? undefined : deadlineOf(timeoutMs);
    const flags = isAcknowledged ? FLAG_REQUIRES_ACK : 0;
    const { outbound, correspondence } = this.#parts;
    const key = outbound.write(type, data, { id, deadlineMs, meta }, flags);
    const ownId = type.stream === undefined ? undefined : (id ?? outbound.ids.textOf(key));
    const sentAt = now;
    const itemCredit = 0;
    const waiting = { key, id: ownId, type, data, awaits, sentAt, timeoutMs, token, itemCredit };
    correspondence.expect(waiting);
    return key;
  }

  /** No two messages that wait may share a key: what comes back for one would settle the other. */
  #reserveKey(id: string | undefined): void {
    const { correspondence, outbound } = this.#parts;
    const { ids } = outbound;
    if (id === undefined) while (correspondence.get(ids.nextKey) !== undefined) ids.skip();
    else if (correspondence.get(ids.keyOf(id)) !== undefined) throw waitsAlready(id);
  }

  /** Takes back what has not left, else tells the peer that nobody waits. `true`: it had not left. */
  #withdraw(waiting: Waiting): boolean {
    const { outbound, lifecycle } = this.#parts;
    if (outbound.revoke(waiting.key)) return true;
    const isWorthTelling =
      waiting.awaits !== "acknowledgement" && this.#capabilities.has("streams");
    if (isWorthTelling && lifecycle.carriesReplies) {
      outbound.write(CANCEL, { id: outbound.idOf(waiting) });
    }
    return false;
  }

  #failOverdue(now: number): void {
    const { correspondence } = this.#parts;
    for (;;) {
      const overdue = correspondence.takeOverdue(now);
      if (overdue === undefined) return;
      // The peer knows the deadline of what it has got and gives up by itself.
      correspondence.timedOut(overdue, !this.#parts.outbound.revoke(overdue.key));
    }
  }

  #greetedWith(hello: Hello): void {
    const { local, peer, host } = this.#options;
    const agreement = agree(local, peer, hello);
    const { outbound, received } = this.#parts;
    const helloAck = helloAckOf(local, host.newNonce(), agreement, received.report());
    outbound.write(HELLO_ACK, helloAck);
    this.#enter(agreement);
  }

  #enter(agreement: Agreement): void {
    const { capabilities, sendWindowBytes } = agreement;
    const { receiver, outbound, window, lifecycle, emit } = this.#parts;
    this.#agreement = agreement;
    this.#capabilities = capabilities;
    receiver.use(capabilities);
    outbound.use(capabilities);
    if (capabilities.has("flow")) window.enforce();
    outbound.credit.limit(sendWindowBytes);
    lifecycle.open();
    emit({ kind: "open", agreement });
  }

  #roomHasCome(): void {
    const waiting = this.#awaitingRoom;
    this.#awaitingRoom = [];
    for (const wake of waiting) wake();
  }

  // Time, and the end.

  #keepAlive(now: number): void {
    const due = this.#keepalive.due(now);
    if (due === "gone") return this.#end(this.#lost(SILENT));
    if (due === "ping") {
      this.#parts.outbound.write(PING, { timestamp: this.#options.host.unixTimeMs() });
    }
  }

  #giveUpGreeting(): void {
    const { timing, peer, side } = this.#options;
    const awaited = side === "client" ? "hello_ack" : "hello";
    const text = `no ${awaited} came within ${timing.helloTimeoutMs} ms`;
    const details = { timeout_ms: timing.helloTimeoutMs };
    this.#complain(new RnpError("TIMEOUT", text, { details, peer: peer.id }));
  }

  /** Tells the peer why, then ends. */
  #complain(error: RnpError): void {
    const { lifecycle, outbound, peer } = this.#parts;
    if (lifecycle.kind !== "closed") outbound.write(ERROR, errorDataOf(error));
    this.#end(error.peer === undefined ? error.with({ peer: peer.id }) : error);
  }

  #lost(how: string): RnpError {
    const { peer } = this.#options;
    return new RnpError("UNAVAILABLE", `${peer.id} ${how}`, { peer: peer.id, outcome: "unknown" });
  }

  #end(error: RnpError | undefined): void {
    const { lifecycle, correspondence, outbound, emit } = this.#parts;
    if (lifecycle.kind === "closed") return;
    lifecycle.close();
    correspondence.failAll(({ key }) => !outbound.revoke(key));
    emit({ kind: "closed", error });
  }

  #assertOpen(): void {
    const { kind } = this.#parts.lifecycle;
    if (kind === "open") return;
    const { id } = this.#options.peer;
    throw new RnpError("UNAVAILABLE", `the connection to ${id} is ${kind}`, { peer: id });
  }
}

/** What the peer is told of a deadline; nothing where there is none. */
function deadlineOf(timeoutMs: number): number | undefined {
  if (timeoutMs === Number.POSITIVE_INFINITY) return undefined;
  return Math.min(Math.max(0, Math.ceil(timeoutMs)), DEADLINE_MS_MAX);
}

function waitsAlready(id: string): RnpError {
  return new RnpError("ALREADY_EXISTS", `message ${id} waits already for what is to come back`);
}

function knowsNoStreams(peer: string, { type }: MessageType): RnpError {
  return new RnpError("UNSUPPORTED", `${type} needs streams, which ${peer} does not know`, {
    peer,
  });
}

const LOST = "ended the connection without a goodbye";
const TURNED_AWAY =
  "closed the connection during the handshake; it may not accept this certificate";
const SILENT = "has not been heard on this connection and did not answer a ping";

/** The largest that the envelope's schema allows: 24 days. */
const DEADLINE_MS_MAX = 2_147_483_647;
