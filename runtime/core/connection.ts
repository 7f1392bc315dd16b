import { ACK, type Ack } from "../../generated/messages/ack.js";
import { ERROR, type ErrorData } from "../../generated/messages/error.js";
import { GOODBYE, type Goodbye } from "../../generated/messages/goodbye.js";
import { GOODBYE_ACK } from "../../generated/messages/goodbye_ack.js";
import { HELLO, type Hello } from "../../generated/messages/hello.js";
import { HELLO_ACK, type HelloAck } from "../../generated/messages/hello_ack.js";
import { PING, type Ping } from "../../generated/messages/ping.js";
import { PONG } from "../../generated/messages/pong.js";
import { FrameReader } from "../wire/frame-reader.js";
import { FLAG_IS_ACK, FLAG_REQUIRES_ACK } from "../wire/header.js";
import type { MessageType } from "../wire/message-type.js";
import type {
  ConnectionEvent,
  ConnectionOptions,
  MessageOptions,
  Output,
} from "./connection-types.js";
import { Correspondence } from "./correspondence.js";
import { RnpError, toRnpError } from "./error.js";
import { Farewell } from "./farewell.js";
import { type Agreement, agree, helloAckOf, helloOf } from "./handshake.js";
import { assertAckFlag, assertDirection, assertSender, InboundMessage } from "./inbound.js";
import { Keepalive } from "./keepalive.js";
import { Lifecycle } from "./lifecycle.js";
import { Outbound } from "./outbound.js";
import { payloadLimits } from "./payload-limits.js";
import { errorDataOf, errorOf } from "./peer-error.js";
import { type Received, Receiver } from "./received.js";

/**
 * One RNP connection, without a socket and without a clock.
 *
 * - `handle*` take what happened outside: bytes, the end of the stream, a timer.
 * - `request`, `send`, `answer`, `refuse`, `settle` and `close` take what the application wants.
 * - `takeOutput` gives what the caller must do about it. Call it after each of the others.
 *
 * A peer's fault becomes an event; only wrong use by the application throws, and it throws an `RnpError`.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #reader: FrameReader;
  readonly #receiver: Receiver;
  readonly #outbound: Outbound;
  readonly #correspondence: Correspondence;
  readonly #keepalive: Keepalive;
  readonly #lifecycle: Lifecycle;
  readonly #farewell: Farewell;
  #events: ConnectionEvent[] = [];
  /** Messages delivered to the application that it has not settled yet. */
  #unsettledCount = 0;
  /** The last connection-level `error` of the peer: the reason, should the stream end next. */
  #peerComplaint: RnpError | undefined;

  constructor(now: number, options: ConnectionOptions) {
    const { side, local, peer, host, meter, timing } = options;
    this.#options = options;
    this.#correspondence = new Correspondence(peer.id, meter, (event) => this.#events.push(event));
    this.#reader = new FrameReader(payloadLimits(options.messages));
    this.#receiver = new Receiver(peer.id, options.messages, meter);
    this.#outbound = new Outbound(local.id, host, meter);
    this.#keepalive = new Keepalive(now, timing.keepaliveIntervalMs, timing.keepalivePatienceMs);
    this.#lifecycle = new Lifecycle(side, now + timing.helloTimeoutMs);
    this.#farewell = new Farewell({
      lifecycle: this.#lifecycle,
      outbound: this.#outbound,
      drainMs: timing.drainMs,
      isIdle: () => this.#unsettledCount === 0 && this.#correspondence.size === 0,
      emit: (event) => this.#events.push(event),
      end: () => this.#end(undefined),
    });
    if (side === "client") this.#outbound.write(HELLO, helloOf(local, host.newNonce()), 0, {});
  }

  /** Requests and acknowledged messages in flight. */
  get inFlightCount(): number {
    return this.#correspondence.size;
  }

  get isOpen(): boolean {
    return this.#lifecycle.kind === "open";
  }

  /** Sends a request. A `settled` or `failed` event with the returned id follows, within `timeoutMs`. */
  request<Data>(
    now: number,
    type: MessageType<Data>,
    data: Data,
    timeoutMs: number,
    options: MessageOptions = {},
  ): string {
    this.#assertOpen();
    const deadlineMs = Math.min(Math.max(0, Math.ceil(timeoutMs)), DEADLINE_MS_MAX);
    const { id = this.#outbound.newId(), meta } = options;
    this.#outbound.write(type, data, 0, { id, deadlineMs, meta });
    this.#correspondence.expect({ id, type, data, awaits: "answer", sentAt: now, timeoutMs });
    return id;
  }

  /** Sends a message that nobody acknowledges. */
  send<Data>(type: MessageType<Data>, data: Data, options: MessageOptions = {}): void {
    this.#assertOpen();
    this.#outbound.write(type, data, 0, options);
  }

  /** Sends a message to be acknowledged. A `settled` or `failed` event with the returned id follows. */
  sendForAck<Data>(
    now: number,
    type: MessageType<Data>,
    data: Data,
    timeoutMs: number,
    options: MessageOptions = {},
  ): string {
    this.#assertOpen();
    const { id = this.#outbound.newId(), meta } = options;
    this.#outbound.write(type, data, FLAG_REQUIRES_ACK, { id, meta });
    this.#correspondence.expect({
      id,
      type,
      data,
      awaits: "acknowledgement",
      sentAt: now,
      timeoutMs,
    });
    return id;
  }

  /** Forgets a request: its answer, should it come, is dropped. */
  forget(id: string): void {
    this.#correspondence.forget(id);
    this.#farewell.finish();
  }

  /** Answers a request and settles it. */
  answer(message: InboundMessage, data: unknown): void {
    if (!this.#canAnswer()) return;
    this.#outbound.write(message.type.answer!, data, 0, { replyTo: message.id });
    this.settle(message);
  }

  /** Tells the sender that its message failed, where it waits to hear of it, and settles it. */
  refuse(message: InboundMessage, error: RnpError): void {
    if (this.#canAnswer() && (message.requiresAck || message.type.answer !== undefined)) {
      this.#outbound.write(ERROR, errorDataOf(error), 0, { replyTo: message.id });
    }
    this.#settled();
  }

  /** Says that the application is done with a message; acknowledges it where that was asked for. */
  settle(message: InboundMessage): void {
    if (message.requiresAck && this.#canAnswer()) {
      this.#outbound.write(ACK, { ids: [message.id] }, FLAG_IS_ACK, {});
    }
    this.#settled();
  }

  /** Says goodbye: no new messages; what is in flight finishes or fails within `drainMs`. */
  close(now: number, reason: string, drainMs: number): void {
    this.#farewell.say(now, reason, drainMs);
  }

  /** Ends at once because of something outside, such as a socket error or an expired certificate. */
  fail(error: RnpError): void {
    this.#end(error);
  }

  handleBytes(now: number, bytes: Uint8Array): void {
    if (this.#lifecycle.kind === "closed") return;
    this.#keepalive.heard(now);
    try {
      this.#reader.push(bytes, (flags, chunk, from, to) =>
        this.#handleFrame(now, flags, chunk, from, to),
      );
    } catch (thrown) {
      this.#complain(toRnpError(thrown));
    }
  }

  /** The peer ended the stream. Without a `goodbye` that is a lost connection, never a clean end. */
  handleEnd(): void {
    const { kind } = this.#lifecycle;
    if (kind === "leaving") return this.#end(undefined);
    this.#end(this.#peerComplaint ?? this.#lost(kind === "greeting" ? TURNED_AWAY : LOST));
  }

  handleTimeout(now: number): void {
    const { kind, endAt } = this.#lifecycle;
    if (kind === "closed") return;
    if (now >= endAt) return kind === "greeting" ? this.#giveUpGreeting() : this.#end(undefined);
    this.#correspondence.failOverdue(now);
    this.#farewell.finish();
    if (kind !== "greeting") this.#keepAlive(now);
  }

  takeOutput(): Output {
    const events = this.#events;
    this.#events = [];
    return { writes: this.#outbound.take(), events, wakeAt: this.#wakeAt() };
  }

  #wakeAt(): number | undefined {
    const { kind, endAt } = this.#lifecycle;
    if (kind === "closed") return undefined;
    if (kind === "greeting") return endAt;
    return Math.min(endAt, this.#correspondence.nextDeadlineAt, this.#keepalive.dueAt);
  }

  // What comes in.

  #handleFrame(now: number, flags: number, chunk: Uint8Array, from: number, to: number): void {
    if (this.#lifecycle.kind === "closed") return;
    const { meter, peer, host } = this.#options;
    const received = this.#receiver.read(flags, chunk, from, to);
    assertSender(received, peer);
    const { type } = received;
    if (type === undefined) return this.#handleUnknownType(flags, received);
    const traffic = meter.of(type.type);
    traffic.received += 1;
    traffic.age.record(host.unixTimeMs() - received.timestamp);
    this.#lifecycle.assertExpected(type);
    assertAckFlag(type, flags);
    const data = this.#read(type, received);
    if (data === REFUSED) return;
    if (type.layer === "connection") this.#handleControl(now, type, received, data);
    else this.#deliver(now, type, received, data, (flags & FLAG_REQUIRES_ACK) !== 0);
    this.#farewell.finish();
  }

  /** The data of a message; one that breaks a rule costs the message, and during the greeting all. */
  #read(type: MessageType, received: Received): unknown {
    try {
      assertDirection(type, this.#options.peer, this.#options.local);
      return received.isChecked ? received.data : type.accept(received.data);
    } catch (thrown) {
      if (this.#lifecycle.kind === "greeting") throw thrown;
      this.#refuseMessage(received, toRnpError(thrown));
      return REFUSED;
    }
  }

  #handleControl(now: number, type: MessageType, received: Received, data: unknown): void {
    switch (type) {
      case HELLO:
        return this.#handleHello(data as Hello);
      case HELLO_ACK:
        return this.#handleHelloAck(data as HelloAck);
      case ACK:
        return this.#correspondence.acknowledged(now, (data as Ack).ids ?? []);
      case ERROR:
        return this.#handleError(received, data as ErrorData);
      case PING:
        return this.#handlePing(received, data as Ping);
      case GOODBYE:
        return this.#farewell.hear(now, data as Goodbye);
      case GOODBYE_ACK:
        return this.#farewell.hearAck();
      default:
        // The rest are answers; one that nobody waits for any more came too late.
        this.#correspondence.answered(now, type, received.replyTo, data);
    }
  }

  #handleHello(hello: Hello): void {
    const { local, peer, host } = this.#options;
    const agreement = agree(local, peer, hello);
    this.#outbound.write(HELLO_ACK, helloAckOf(local, host.newNonce(), agreement), 0, {});
    this.#enter(agreement);
  }

  #handleHelloAck(helloAck: HelloAck): void {
    this.#enter(agree(this.#options.local, this.#options.peer, helloAck));
  }

  #enter(agreement: Agreement): void {
    this.#receiver.use(agreement.capabilities);
    this.#outbound.use(agreement.capabilities);
    this.#lifecycle.open();
    this.#events.push({ kind: "open", agreement });
  }

  #handlePing({ id }: Received, ping: Ping): void {
    const pong = {
      request_timestamp: ping.timestamp,
      response_timestamp: this.#options.host.unixTimeMs(),
    };
    this.#outbound.write(PONG, pong, 0, { replyTo: id });
  }

  #handleError({ replyTo }: Received, data: ErrorData): void {
    const error = errorOf(data, this.#options.peer.id);
    if (replyTo !== undefined && this.#correspondence.refused(replyTo, error)) return;
    if (replyTo === undefined) this.#peerComplaint = error;
    this.#events.push({ kind: "refused", by: "peer", error });
  }

  #deliver(
    now: number,
    type: MessageType,
    received: Received,
    data: unknown,
    requiresAck: boolean,
  ): void {
    const { replyTo, deadlineMs } = received;
    if (this.#correspondence.answered(now, type, replyTo, data)) return;
    const deadlineAt = deadlineMs === undefined ? undefined : now + deadlineMs;
    this.#unsettledCount += 1;
    const message = new InboundMessage(type, data, received, { deadlineAt, requiresAck });
    this.#events.push({ kind: "message", message });
  }

  /** Answered where an answer is awaited, else counted and dropped. */
  #handleUnknownType(flags: number, received: Received): void {
    this.#options.meter.unknownTypeCount += 1;
    const awaited = (flags & FLAG_REQUIRES_ACK) !== 0 || received.deadlineMs !== undefined;
    const error = new RnpError(
      "PROTOCOL_ERROR",
      `this node does not know the message type "${received.typeName}"`,
      {
        details: { expected: "a known message type", got: received.typeName },
        outcome: "rejected",
      },
    );
    if (this.#lifecycle.kind === "greeting") throw error;
    if (awaited) this.#refuseMessage(received, error);
    else this.#events.push({ kind: "refused", by: "local", error });
  }

  #refuseMessage({ id, typeName }: Received, error: RnpError): void {
    // An error is never answered with an error: two peers could do so for ever.
    if (this.#canAnswer() && typeName !== ERROR.type) {
      this.#outbound.write(ERROR, errorDataOf(error), 0, { replyTo: id });
    }
    this.#events.push({ kind: "refused", by: "local", error });
  }

  // Time, and the end.

  #keepAlive(now: number): void {
    const due = this.#keepalive.due(now);
    if (due === "gone") return this.#end(this.#lost(SILENT));
    if (due === "ping") {
      this.#outbound.write(PING, { timestamp: this.#options.host.unixTimeMs() }, 0, {});
    }
  }

  #giveUpGreeting(): void {
    const { timing, peer } = this.#options;
    const text = `no ${this.#options.side === "client" ? "hello_ack" : "hello"} came within ${timing.helloTimeoutMs} ms`;
    const details = { timeout_ms: timing.helloTimeoutMs };
    this.#complain(new RnpError("TIMEOUT", text, { details, peer: peer.id }));
  }

  /** Tells the peer why, then ends. */
  #complain(error: RnpError): void {
    if (this.#lifecycle.kind !== "closed") this.#outbound.write(ERROR, errorDataOf(error), 0, {});
    this.#end(error.peer === undefined ? error.with({ peer: this.#options.peer.id }) : error);
  }

  #lost(how: string): RnpError {
    const { peer } = this.#options;
    return new RnpError("UNAVAILABLE", `${peer.id} ${how}`, { peer: peer.id, outcome: "unknown" });
  }

  #end(error: RnpError | undefined): void {
    if (this.#lifecycle.kind === "closed") return;
    this.#lifecycle.close();
    this.#correspondence.failAll();
    this.#events.push({ kind: "closed", error });
  }

  #settled(): void {
    this.#unsettledCount -= 1;
    this.#farewell.finish();
  }

  #canAnswer(): boolean {
    return this.#lifecycle.kind === "open" || this.#lifecycle.kind === "leaving";
  }

  #assertOpen(): void {
    const { kind } = this.#lifecycle;
    if (kind === "open") return;
    const { id } = this.#options.peer;
    throw new RnpError("UNAVAILABLE", `the connection to ${id} is ${kind}`, { peer: id });
  }
}

const LOST = "ended the connection without a goodbye";
const TURNED_AWAY =
  "closed the connection during the handshake; it may not accept this certificate";
const SILENT = "has not been heard on this connection and did not answer a ping";

/** In place of data that was refused; `undefined` would be data like any other. */
const REFUSED = Symbol("refused");
/** As bounded by the schema of the envelope; a caller who waits longer waits for ever. */
const DEADLINE_MS_MAX = 2_147_483_647;
