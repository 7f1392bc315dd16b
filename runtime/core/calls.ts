import { CANCEL } from "../../generated/messages/cancel.js";
import { STREAM_CREDIT } from "../../generated/messages/stream/credit.js";
import { FLAG_REQUIRES_ACK } from "../wire/header.js";
import type { MessageType, StreamType } from "../wire/message-type.js";
import type { CallOptions } from "./connection-types.js";
import type { Correspondence } from "./correspondence.js";
import { RnpError } from "./error.js";
import type { Lifecycle } from "./lifecycle.js";
import type { MessageKey } from "./message-ids.js";
import type { Outbound } from "./outbound.js";
import type { Waiting } from "./outstanding.js";

/**
 * What the application asks of the peer: messages for which something comes back. Each ends in one `settled` or
 * `failed` event, unless it is cancelled before.
 */
export class Calls {
  readonly #peer: string;
  readonly #lifecycle: Lifecycle;
  readonly #outbound: Outbound;
  readonly #correspondence: Correspondence;
  /** Whether the peer knows streams, and with them `cancel`. */
  #knowsStreams = false;

  constructor(
    peer: string,
    lifecycle: Lifecycle,
    outbound: Outbound,
    correspondence: Correspondence,
  ) {
    this.#peer = peer;
    this.#lifecycle = lifecycle;
    this.#outbound = outbound;
    this.#correspondence = correspondence;
  }

  /** From here on what the two sides agreed on may be asked. */
  use(capabilities: ReadonlySet<string>): void {
    this.#knowsStreams = capabilities.has("streams");
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
    this.#lifecycle.assertOpen(this.#peer);
    if (!this.#knowsStreams) throw knowsNoStreams(this.#peer, type);
    const key = this.#call(now, type, data, "end of the stream", options);
    this.grantItems(key, itemCredit);
    return key;
  }

  /** Gives room for further items of a stream. */
  grantItems(key: MessageKey, count: number): void {
    const waiting = this.#correspondence.get(key);
    if (waiting === undefined) return;
    waiting.itemCredit += count;
    const id = this.#outbound.idOf(waiting);
    this.#outbound.writeAfter(key, STREAM_CREDIT, { id, messages: count });
  }

  /**
   * Forgets a message of ours: nothing that comes back for it is told any more. The peer hears that nobody
   * waits for a request or a stream. `true`: it had not left and nobody will ever see it.
   */
  cancel(key: MessageKey): boolean {
    const waiting = this.#correspondence.forget(key);
    return waiting !== undefined && this.#withdraw(waiting);
  }

  /** Fails those whose time is over. */
  handleTimeout(now: number): void {
    for (;;) {
      const overdue = this.#correspondence.takeOverdue(now);
      if (overdue === undefined) return;
      // The peer knows the deadline of what it has got and gives up by itself.
      this.#correspondence.timedOut(overdue, !this.#outbound.revoke(overdue.key));
    }
  }

  /** The connection has ended: fails all. */
  failAll(): void {
    this.#correspondence.failAll(({ key }) => !this.#outbound.revoke(key));
  }

  #call<Data>(
    now: number,
    type: MessageType<Data>,
    data: Data,
    awaits: Waiting["awaits"],
    { timeoutMs, id, meta, token }: CallOptions,
  ): MessageKey {
    this.#lifecycle.assertOpen(this.#peer);
    this.#reserveKey(id);
    const isAcknowledged = awaits === "acknowledgement";
    const deadlineMs = isAcknowledged ? undefined : deadlineOf(timeoutMs);
    const flags = isAcknowledged ? FLAG_REQUIRES_ACK : 0;
    const outbound = this.#outbound;
    const key = outbound.write(type, data, { id, deadlineMs, meta }, flags);
    const ownId = type.stream === undefined ? undefined : (id ?? outbound.ids.textOf(key));
    const sentAt = now;
    const itemCredit = 0;
    const waiting = { key, id: ownId, type, data, awaits, sentAt, timeoutMs, token, itemCredit };
    this.#correspondence.expect(waiting);
    return key;
  }

  /** No two messages that wait may share a key: what comes back for one would settle the other. */
  #reserveKey(id: string | undefined): void {
    const correspondence = this.#correspondence;
    const { ids } = this.#outbound;
    if (id === undefined) while (correspondence.get(ids.nextKey) !== undefined) ids.skip();
    else if (correspondence.get(ids.keyOf(id)) !== undefined) throw waitsAlready(id);
  }

  /** Takes back what has not left, else tells the peer that nobody waits. `true`: it had not left. */
  #withdraw(waiting: Waiting): boolean {
    const outbound = this.#outbound;
    if (outbound.revoke(waiting.key)) return true;
    const isWorthTelling = waiting.awaits !== "acknowledgement" && this.#knowsStreams;
    if (isWorthTelling && this.#lifecycle.carriesReplies) {
      outbound.write(CANCEL, { id: outbound.idOf(waiting) });
    }
    return false;
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

/** The largest that the envelope's schema allows: 24 days. */
const DEADLINE_MS_MAX = 2_147_483_647;
