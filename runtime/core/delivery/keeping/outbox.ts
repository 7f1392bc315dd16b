import type { MessageType, PoolName } from "../../../wire/message-type.js";
import { type RnpError, toRnpError } from "../../error.js";
import type { Host } from "../../host.js";
import { newSendState } from "../records.js";
import { type DeliveryToken, type KeptPromise, OutgoingMessage } from "../sending/outgoing.js";
import type { Side } from "../sending/reconcile.js";
import { AwaitedSends } from "./awaited-sends.js";
import { type ChannelNote, unpackNote } from "./channel-note.js";
import type { KeptSend } from "./kept-send.js";
import { KeptToken } from "./kept-token.js";
import { OutboxChannel } from "./outbox-channel.js";
import { unpackEntry } from "./outbox-entry.js";
import type { ChannelKey, CommitLog, OutboxEntry, StoreBatch, StoreContent } from "./store.js";

/** A message of the outbox that could not be delivered, and for which nobody in this process waits. */
export interface Undelivered {
  readonly peer: string;
  readonly channel: string;
  /** The message; `undefined` where this version of the software does not understand what it finds. */
  readonly type: string | undefined;
  readonly data: unknown;
  /** Why. Its outcome is `unknown`: should the process crash now, the next one may find the message and send it. */
  readonly error: RnpError;
}

export interface OutboxOptions {
  readonly store: CommitLog;
  readonly host: Host;
  readonly messages: ReadonlyMap<string, MessageType>;
  /** Told of each before it is taken out. A crash in between tells it twice. */
  readonly onUndelivered: (undelivered: Undelivered) => void;
  /** Told when a store is found to have been lost or set back: this node's, or that of `peer`. */
  readonly onForgotten: (channel: ChannelKey, by: Side) => void;
}

/** What the caller chooses of a message for the outbox. */
export interface OutboxMessage {
  readonly type: MessageType;
  readonly data: unknown;
  readonly meta: Readonly<Record<string, string>> | undefined;
  readonly promise: KeptPromise;
  readonly timeoutMs: number;
}

/**
 * The messages that this node has promised to deliver even if its process ends: each is in the store before it
 * leaves, and until its end is known.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #channels = new Map<string, OutboxChannel>();
  readonly #awaited = new AwaitedSends();
  #isStopped = false;

  /** `content`: what the store had when it was opened; `now`: the time on the clock of deadlines. */
  constructor(options: OutboxOptions, content: StoreContent, now: number) {
    this.#options = options;
    const entries = byChannel(content.outbox);
    for (const { peer, channel, state } of content.sending) {
      const key = { peer, channel };
      this.#restore(key, unpackNote(state), entries.get(nameOf(key)) ?? [], now);
    }
  }

  /** Whether the process ends, and what is in here is left to the next one. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  get channels(): Iterable<OutboxChannel> {
    return this.#channels.values();
  }

  /** When to call `handleTimeout`. */
  get wakeAt(): number {
    return this.#awaited.wakeAt;
  }

  /** Whoever waits for a message whose time is over hears so. */
  handleTimeout(now: number): void {
    this.#awaited.handleTimeout(now);
  }

  /** The channel of this name to this peer; `pool` is that of a new one. */
  channel(key: ChannelKey, pool: PoolName): OutboxChannel {
    const known = this.#channels.get(nameOf(key));
    if (known !== undefined) return known;
    const { host } = this.#options;
    const idSeed = host.newMessageId();
    const state = newSendState(host.unixTimeMs());
    return this.#add(key, { ...state, idSeed, next: 1, pool });
  }

  /**
   * Puts a message in its channel. It is there once `batch` has been committed. One that somebody waits for is given
   * up a little before its time is over: whether it is out of the store is to be known by then.
   *
   * @param sender who waits for it; `undefined`: nobody in this process, and it waits for a peer to be mended
   * @throws as `OutboxChannel.take` does
   */
  put(
    channel: OutboxChannel,
    now: number,
    { timeoutMs, ...fields }: OutboxMessage,
    sender: DeliveryToken | undefined,
  ): { readonly message: OutgoingMessage; readonly batch: StoreBatch } {
    const marginMs = sender === undefined ? 0 : Math.min(MARGIN_MAX_MS, timeoutMs / 10);
    const message = keptMessage(channel, fields, now + timeoutMs - marginMs, sender);
    const batch = channel.take(message, this.#options.host.unixTimeMs() + timeoutMs);
    return { message, batch };
  }

  /** Lets whoever waits for a message hear by `deadline`, whatever becomes of it. */
  awaitUntil(deadline: number, send: KeptSend): void {
    this.#awaited.add(deadline, send);
  }

  commit(batch: StoreBatch): Promise<void> {
    return this.#options.store.commit(batch);
  }

  /** Nobody in this process waits for this message, which has failed. */
  undelivered(
    { peer, channel }: ChannelKey,
    { type, data }: OutgoingMessage,
    error: RnpError,
  ): void {
    this.#options.onUndelivered({ peer, channel, type: type.type, data, error });
  }

  forgotten(channel: ChannelKey, by: Side): void {
    this.#options.onForgotten(channel, by);
  }

  /** What is in here stays, and is sent by the next process. */
  stop(): void {
    this.#isStopped = true;
  }

  #add(key: ChannelKey, note: ChannelNote): OutboxChannel {
    const channel = new OutboxChannel(this, key, note);
    this.#channels.set(nameOf(key), channel);
    return channel;
  }

  #restore(key: ChannelKey, note: ChannelNote, entries: readonly OutboxEntry[], now: number): void {
    const last = entries.at(-1)?.number ?? 0;
    const channel = this.#add(key, { ...note, next: Math.max(note.next, last + 1) });
    for (const entry of entries) this.#adopt(channel, entry, now);
  }

  /** What cannot be understood any more is told, and taken out. */
  #adopt(channel: OutboxChannel, entry: OutboxEntry, now: number): void {
    const { host, messages, onUndelivered } = this.#options;
    try {
      const { expiresAt, ...fields } = unpackEntry(entry.message, messages);
      const giveUpAt = now + expiresAt - host.unixTimeMs();
      channel.adopt(keptMessage(channel, fields, giveUpAt, undefined), entry.number);
    } catch (thrown) {
      const { peer, channel: name } = entry;
      const error = toRnpError(thrown).with({ outcome: "unknown" });
      onUndelivered({ peer, channel: name, type: undefined, data: entry.message, error });
      void channel.forget(entry.number).catch(() => {});
    }
  }
}

/** A message that its token takes out of the outbox; without a `sender`, it waits for a peer to be mended. */
function keptMessage(
  channel: OutboxChannel,
  { type, data, meta, promise }: Omit<OutboxMessage, "timeoutMs">,
  giveUpAt: number,
  sender: DeliveryToken | undefined,
): OutgoingMessage {
  const token = new KeptToken(channel, sender);
  const message = new OutgoingMessage(type, data, meta, promise, giveUpAt, token);
  token.message = message;
  message.isPatient = sender === undefined;
  return message;
}

/** A commit takes a few milliseconds, and under load some tens. */
const MARGIN_MAX_MS = 100;

function nameOf({ peer, channel }: ChannelKey): string {
  return `${peer} ${channel}`;
}

function byChannel(entries: readonly OutboxEntry[]): Map<string, OutboxEntry[]> {
  const found = new Map<string, OutboxEntry[]>();
  for (const entry of entries) {
    const others = found.get(nameOf(entry));
    if (others === undefined) found.set(nameOf(entry), [entry]);
    else others.push(entry);
  }
  return found;
}
