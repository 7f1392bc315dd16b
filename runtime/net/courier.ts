import { KeptSend } from "../core/delivery/keeping/kept-send.js";
import type { Outbox } from "../core/delivery/keeping/outbox.js";
import type { OutboxChannel } from "../core/delivery/keeping/outbox-channel.js";
import {
  type ChannelPromise,
  type DeliveryToken,
  type KeptPromise,
  OutgoingMessage,
} from "../core/delivery/sending/outgoing.js";
import { RetryBudget } from "../core/delivery/sending/retry-budget.js";
import type { SendChannelOptions } from "../core/delivery/sending/send-channel.js";
import { RnpError, toRnpError } from "../core/error.js";
import type { Host } from "../core/host.js";
import type { TrafficMeter } from "../core/traffic-meter.js";
import type { MessageType, PoolName } from "../wire/message-type.js";
import { CallAwaiter } from "./awaiter.js";
import type { CallOptions } from "./carrier.js";
import { ChannelLine } from "./channel-line.js";
import { now } from "./clock.js";
import { deliverById } from "./deliver-by-id.js";
import type { Link } from "./link.js";
import { Wakeup } from "./wakeup.js";

/** What the caller chooses of one message that is acknowledged and retried. */
export interface DeliverOptions {
  /** From now until it is acknowledged, all attempts included. */
  readonly timeoutMs: number;
  /** Aborting it ends the wait with `CANCELLED`; what has left may still be handled. */
  readonly signal?: AbortSignal | undefined;
  readonly meta?: Readonly<Record<string, string>> | undefined;
  /** Its channel. Default: that of the pool, or for messages without an order any of several. */
  readonly channel?: string | undefined;
  /** Default: at-least-once. */
  readonly promise?: ChannelPromise | undefined;
}

/** A message that survives this process until its end is known. */
export type KeepOptions = Omit<DeliverOptions, "promise" | "signal"> & {
  readonly promise: KeptPromise;
};

/** The connections to one peer for one purpose, as far as channels are concerned. */
export interface ChannelCarriers {
  /** The one that keeps order best: the first that is open. */
  first(): Link | undefined;
  /** The one with the least to do; another may be dialled beside it. */
  leastBusy(): Link | undefined;
  /** Waits for one, and dials where there is need. */
  connect(): Promise<Link>;
  /** Sends a message that is acknowledged by its id, once. */
  sendForAck(type: MessageType, data: unknown, options: CallOptions): Promise<void>;
}

export interface CourierOptions {
  readonly peer: string;
  /** Of the default channel; further ones are called `name.1` and so on. */
  readonly name: PoolName;
  /** When this process began, Unix ms: what its channels begin to count under. */
  readonly epoch: number;
  readonly host: Host;
  readonly meter: TrafficMeter;
  readonly carriers: ChannelCarriers;
  /** What survives this process; `undefined`: nothing does, as the node has no store. */
  readonly outbox?: Outbox | undefined;
}

/** A channel of the outbox, and what it leaves by. */
interface KeptLine {
  readonly place: OutboxChannel;
  readonly line: ChannelLine;
}

/**
 * Sends what is promised at-least-once to one peer over one pool: in channels, which outlive its connections, or
 * message by message to a peer that knows none.
 */
export class Courier {
  readonly #options: CourierOptions;
  readonly #budget = new RetryBudget();
  readonly #lines = new Map<string, ChannelLine>();
  /** Those of channels in the outbox. */
  readonly #kept = new Map<string, KeptLine>();
  /** The line that messages without an order take on each connection. */
  readonly #lineOfLink = new WeakMap<Link, ChannelLine>();
  /** Lets those who wait for kept messages hear in time. */
  readonly #expiry: Wakeup;
  #isClosed = false;

  constructor(options: CourierOptions) {
    this.#options = options;
    this.#expiry = new Wakeup(() => this.#expire());
  }

  /** Settles once the peer has handled the message; the error says what else became of it. */
  deliver(type: MessageType, data: unknown, options: DeliverOptions): Promise<void> {
    if (this.#isClosed) return Promise.reject(closed(this.#options.peer));
    if (options.promise === "exactly-once") return this.#deliverKept(type, data, options);
    const line = this.#lineFor(type, options.channel);
    const { timeoutMs, signal, meta, promise = "at-least-once" } = options;
    const token = new CallAwaiter();
    const message = new OutgoingMessage(type, data, meta, promise, now() + timeoutMs, token);
    if (line.isByIds) this.#deliverById(message, signal);
    else {
      line.accept(message);
      if (signal !== undefined) token.heed(signal, () => !line.cancel(message));
    }
    return token.promise as Promise<void>;
  }

  /**
   * Gives a message its place in the outbox; `waiter` hears what becomes of it.
   *
   * @throws RnpError `UNSUPPORTED` where there is no outbox, `BACKPRESSURE` where too many wait in it,
   *   `PROTOCOL_ERROR` where `data` breaks its schema
   */
  keep(type: MessageType, data: unknown, options: KeepOptions, waiter?: DeliveryToken): KeptSend {
    const { name, outbox } = this.#options;
    if (outbox === undefined) throw needsStore(type);
    const { promise, channel = name, timeoutMs, meta } = options;
    const { place, line } = this.#keptLine(outbox, `${channel}.${SUFFIX[promise]}`);
    const { message, batch } = outbox.put(
      place,
      now(),
      { type, data, meta, promise, timeoutMs },
      waiter,
    );
    const send = new KeptSend(message, batch, place.departures, line);
    if (waiter !== undefined) outbox.awaitUntil(now() + timeoutMs, send);
    this.#expiry.at(outbox.wakeAt);
    return send;
  }

  /** Sends what an earlier process has left in a channel of the outbox. */
  resume({ outbox, key }: OutboxChannel): void {
    this.#keptLine(outbox, key.channel).line.resume();
  }

  /** Whether it has never sent anything: else its channels count on from where they are. */
  get isUnused(): boolean {
    return this.#lines.size === 0;
  }

  /** Takes nothing new. */
  stop(): void {
    this.#isClosed = true;
  }

  /** Gives up what still waits when the last connection has closed. */
  close(): void {
    this.stop();
    this.#expiry.cancel();
    for (const line of this.#lines.values()) line.close(closed(this.#options.peer));
  }

  #expire(): void {
    const { outbox } = this.#options;
    outbox!.handleTimeout(now());
    this.#expiry.at(outbox!.wakeAt);
  }

  #lineFor(type: MessageType, channel: string | undefined): ChannelLine {
    const { name, carriers } = this.#options;
    if (channel !== undefined) return this.#line(channel);
    if (type.isOrdered) return this.#line(name);
    const link = carriers.leastBusy();
    return link === undefined ? this.#line(`${name}.0`) : this.#lineOn(link);
  }

  #deliverKept(type: MessageType, data: unknown, options: DeliverOptions): Promise<void> {
    const { signal } = options;
    const token = new CallAwaiter();
    const kept = this.keep(type, data, { ...options, promise: "exactly-once" }, token);
    this.#options.outbox!.commit(kept.batch).then(
      () => kept.dispatch(),
      (thrown) => kept.fail(toRnpError(thrown)),
    );
    if (signal !== undefined) {
      token.heed(signal, () => {
        kept.cancel();
        return true;
      });
    }
    return token.promise as Promise<void>;
  }

  /** The line for messages without an order that is on `link`: an idle one, or a new one. */
  #lineOn(link: Link): ChannelLine {
    const known = this.#lineOfLink.get(link);
    if (known?.link === link) return known;
    let index = 0;
    let line = this.#line(`${this.#options.name}.0`);
    while (line.link !== undefined && line.link !== link) {
      index += 1;
      line = this.#line(`${this.#options.name}.${index}`);
    }
    line.prefer(link);
    this.#lineOfLink.set(link, line);
    return line;
  }

  #line(name: string): ChannelLine {
    const { epoch, host } = this.#options;
    return this.#lines.get(name) ?? this.#newLine({ name, epoch, idSeed: host.newMessageId() });
  }

  #keptLine(outbox: Outbox, name: string): KeptLine {
    let kept = this.#kept.get(name);
    if (kept === undefined) {
      const { peer, name: pool } = this.#options;
      const place = outbox.channel({ peer, channel: name }, pool);
      const { epoch, idSeed } = place.kept;
      const isDurable = name.endsWith(`.${SUFFIX["exactly-once"]}`);
      const line = this.#newLine({ name, epoch, idSeed, ledger: place, isDurable });
      kept = { place, line };
      this.#kept.set(name, kept);
    }
    return kept;
  }

  #newLine(channel: Omit<SendChannelOptions, "peer" | "meter" | "budget">): ChannelLine {
    const { peer, meter, carriers, host } = this.#options;
    const epochSeed = channel.ledger && host.newMessageId();
    const byId = (message: OutgoingMessage) => this.#deliverById(message, undefined);
    const line = new ChannelLine(
      { ...channel, epochSeed, peer, meter, budget: this.#budget },
      carriers,
      byId,
    );
    this.#lines.set(channel.name, line);
    return line;
  }

  /** For a peer that knows no channels: each message by itself, with its id. */
  #deliverById(message: OutgoingMessage, signal: AbortSignal | undefined): void {
    const { type, data, meta, giveUpAt, token, isHaunted } = message;
    if (message.promise !== "at-least-once") {
      const outcome = isHaunted ? "unknown" : "not-delivered";
      return token.failed(knowsNoChannels(this.#options.peer).with({ outcome }));
    }
    const { host, carriers } = this.#options;
    const id = host.newMessageId();
    const isOver = () => this.#isClosed;
    deliverById((timeoutMs) => carriers.sendForAck(type, data, { timeoutMs, signal, meta, id }), {
      giveUpAt,
      signal,
      mayHaveArrived: isHaunted,
      isOver,
    }).then(
      () => token.settled(undefined),
      (thrown) => token.failed(toRnpError(thrown)),
    );
  }
}

/** What the names of channels end with whose messages are in the outbox: promises do not mix in a channel. */
const SUFFIX: Readonly<Record<KeptPromise, string>> = {
  "at-least-once": "kept",
  "exactly-once": "once",
};

function needsStore({ type }: MessageType): RnpError {
  const text = `${type}: exactly-once across crashes needs a store, and this node has none; give \`createNode\` the option \`store\`, or ask for exactly-once-while-running, or for at-least-once with a handler that bears repetition`;
  return new RnpError("UNSUPPORTED", text);
}

function knowsNoChannels(peer: string): RnpError {
  const text = `${peer} knows no channels, which exactly-once-while-running needs; upgrade it`;
  return new RnpError("UNSUPPORTED", text, { peer });
}

function closed(peer: string): RnpError {
  return new RnpError("UNAVAILABLE", "the node was closed", { peer });
}
