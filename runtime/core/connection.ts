import { PING } from "../../generated/messages/ping.js";
import { FrameReader, type OnFrame } from "../wire/frame-reader.js";
import type { MessageType } from "../wire/message-type.js";
import type { Calls } from "./calls.js";
import { assemble, type ConnectionHooks, type ConnectionParts } from "./connection-parts.js";
import type {
  ConnectionEvent,
  ConnectionOptions,
  MessageOptions,
  Output,
} from "./connection-types.js";
import type { ChannelHeading } from "./delivery/sending/heading.js";
import type { SendChannel } from "./delivery/sending/send-channel.js";
import type { ChannelWire } from "./delivery/sending/wire.js";
import { type RnpError, toRnpError } from "./error.js";
import type { Agreement } from "./handshake.js";
import { Keepalive } from "./keepalive.js";
import { payloadLimits } from "./payload-limits.js";
import { Reception } from "./reception.js";
import { Replies } from "./replies.js";

/**
 * One RNP connection, without a socket and without a clock.
 *
 * - `handle*` take what happened outside: bytes, the end of the stream, a timer.
 * - `send`, `close`, and what `calls` and `replies` have, take what the application wants.
 * - `takeOutput` gives what the caller must do about it. Call it after each of the others.
 *
 * A peer's fault becomes an event; only wrong use by the application throws, and it throws an `RnpError`.
 */
export class Connection implements ChannelWire {
  /** What the application asks of the peer. */
  readonly calls: Calls;
  /** What the application says to the messages of the peer. */
  readonly replies: Replies;

  readonly #options: ConnectionOptions;
  readonly #beganAt: number;
  readonly #reader: FrameReader;
  readonly #parts: ConnectionParts;
  readonly #keepalive: Keepalive;
  readonly #onFrame: OnFrame;
  #events: ConnectionEvent[] = [];
  /** When the bytes that are being handled came, on either clock. */
  #now = 0;
  #arrivedAt = 0;

  constructor(now: number, options: ConnectionOptions) {
    const { timing, messages } = options;
    this.#options = options;
    this.#beganAt = now;
    this.#reader = new FrameReader(payloadLimits(messages), options.isLent);
    this.#keepalive = new Keepalive(now, timing.keepaliveIntervalMs, timing.keepalivePatienceMs);
    this.#parts = assemble(now, options, this.#hooks());
    const { lifecycle, outbound, inbox, calls, greeting } = this.#parts;
    this.calls = calls;
    this.replies = new Replies(lifecycle, outbound, inbox);
    const reception = new Reception(this.#parts);
    this.#onFrame = (flags, chunk, from, to, lent) =>
      reception.take(this.#now, flags, chunk, from, to, lent);
    greeting.begin();
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
    return this.#parts.greeting.delivers;
  }

  /** The ids of the secrets that it rests on; none where messages are not authenticated. */
  get secretIds(): readonly string[] {
    return this.#parts.protection?.secretIds ?? [];
  }

  /** What a channel needs to begin: see `SendChannel.attach`. */
  get agreement(): Agreement | undefined {
    return this.#parts.greeting.agreement;
  }

  /** Whether a message in a channel would leave with what is written next; while others wait, in its turn alone. */
  get hasRoom(): boolean {
    return this.isOpen && this.#parts.outbound.hasRoomInChannel;
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

  /**
   * Takes a channel, which sends on this connection from now on, by `wire` where that is given.
   *
   * @throws RnpError `UNAVAILABLE` where the connection is not open
   */
  carry(now: number, channel: SendChannel, wire: ChannelWire = this): void {
    this.#parts.lifecycle.assertOpen(this.#options.peer.id);
    this.#parts.carried.add(channel);
    const { channels, peerBootEpochMs, peerStore } = this.agreement!;
    const report = channels.find((each) => each.channel === channel.name);
    const memory = channel.isDurable ? peerStore?.id : peerBootEpochMs?.toString();
    channel.attach(now, wire, report, memory, this.#beganAt);
  }

  /** Lets go of one channel, or of all; an attempt has failed for what is unsettled in them. */
  release(now: number, error: RnpError, channel?: SendChannel): void {
    if (channel === undefined) this.#parts.carried.detachAll(now, error);
    else this.#parts.carried.detach(now, channel, error);
  }

  transmit(type: MessageType, data: unknown, heading: ChannelHeading): number {
    this.#parts.lifecycle.assertOpen(this.#options.peer.id);
    return this.#parts.outbound.writeInChannel(type, data, heading);
  }

  awaitRoom(wake: () => void): void {
    this.#parts.outbound.awaitRoomInChannel(wake);
  }

  /** Sends a message for which nothing comes back. */
  send<Data>(type: MessageType<Data>, data: Data, options?: MessageOptions): void {
    this.#parts.lifecycle.assertOpen(this.#options.peer.id);
    this.#parts.outbound.write(type, data, options);
  }

  /** Says goodbye: no new messages; what is in flight finishes or fails within `drainMs`. */
  close(now: number, reason: string, drainMs: number): void {
    this.#parts.farewell.say(now, reason, drainMs);
  }

  /** Ends at once because of something outside that concerns the peer, such as its certificate: it is told. */
  expel(error: RnpError): void {
    this.#parts.ending.complain(error);
  }

  /** Ends at once because of something outside, such as a socket error. */
  fail(error: RnpError): void {
    this.#parts.ending.end(error);
  }

  handleBytes(now: number, bytes: Uint8Array): void {
    if (this.#parts.lifecycle.kind === "closed") return;
    this.#now = now;
    this.#arrivedAt = this.#options.host.unixTimeMs();
    this.#keepalive.heard(now);
    try {
      this.#reader.push(bytes, this.#onFrame);
    } catch (thrown) {
      this.#parts.ending.complain(toRnpError(thrown));
    }
  }

  /** The peer ended the stream. Without a `goodbye` that is a lost connection, never a clean end. */
  handleEnd(): void {
    this.#parts.ending.streamEnded();
  }

  handleTimeout(now: number): void {
    const { lifecycle, greeting, ending } = this.#parts;
    const { kind, endAt } = lifecycle;
    if (kind === "closed") return;
    if (now >= endAt) {
      return kind === "greeting" ? ending.complain(greeting.timedOut()) : ending.end(undefined);
    }
    this.calls.handleTimeout(now);
    this.#parts.carried.handleTimeout(now);
    if (kind !== "greeting") this.#keepAlive(now);
  }

  /** Nothing is read from the peer at present, so that it cannot be heard. */
  handlePause(now: number): void {
    this.#keepalive.heard(now);
  }

  /** There is room for more on the way out: channels that wait for it may send, where there is credit too. */
  handleRoom(): void {
    if (this.isOpen) this.#parts.outbound.resumeChannels();
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

  /** What the parts need of the whole. */
  #hooks(): ConnectionHooks {
    return {
      emit: (event) => void this.#events.push(event),
      isIdle: () => this.isIdle && !this.isStalled && !this.#parts.acks.isDue,
      arrivedAt: () => this.#arrivedAt,
    };
  }

  #keepAlive(now: number): void {
    const due = this.#keepalive.due(now);
    if (due === "gone") return this.#parts.ending.peerIsGone();
    if (due === "ping") {
      this.#parts.outbound.write(PING, { timestamp: this.#options.host.unixTimeMs() });
    }
  }
}
