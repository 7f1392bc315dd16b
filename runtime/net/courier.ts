import { type ChannelPromise, OutgoingMessage } from "../core/delivery/outgoing.js";
import { RetryBudget } from "../core/delivery/retry-budget.js";
import { RnpError, toRnpError } from "../core/error.js";
import type { Host } from "../core/host.js";
import type { TrafficMeter } from "../core/traffic-meter.js";
import type { MessageType } from "../wire/message-type.js";
import { CallAwaiter } from "./awaiter.js";
import type { CallOptions } from "./carrier.js";
import { ChannelLine } from "./channel-line.js";
import { now } from "./clock.js";
import { deliverById } from "./deliver-by-id.js";
import type { Link } from "./link.js";

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
  readonly name: string;
  /** When this process began, Unix ms: what its channels begin to count under. */
  readonly epoch: number;
  readonly host: Host;
  readonly meter: TrafficMeter;
  readonly carriers: ChannelCarriers;
}

/**
 * Sends what is promised at-least-once to one peer over one pool: in channels, which outlive its connections, or
 * message by message to a peer that knows none.
 */
export class Courier {
  readonly #options: CourierOptions;
  readonly #budget = new RetryBudget();
  readonly #lines = new Map<string, ChannelLine>();
  /** The line that messages without an order take on each connection. */
  readonly #lineOfLink = new WeakMap<Link, ChannelLine>();
  #isClosed = false;

  constructor(options: CourierOptions) {
    this.#options = options;
  }

  /** Settles once the peer has handled the message; the error says what else became of it. */
  deliver(type: MessageType, data: unknown, options: DeliverOptions): Promise<void> {
    if (this.#isClosed) return Promise.reject(closed(this.#options.peer));
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

  /** Takes nothing new. */
  stop(): void {
    this.#isClosed = true;
  }

  /** Gives up what still waits when the last connection has closed. */
  close(): void {
    this.stop();
    for (const line of this.#lines.values()) line.close(closed(this.#options.peer));
  }

  #lineFor(type: MessageType, channel: string | undefined): ChannelLine {
    const { name, carriers } = this.#options;
    if (channel !== undefined) return this.#line(channel);
    if (type.isOrdered) return this.#line(name);
    const link = carriers.leastBusy();
    return link === undefined ? this.#line(`${name}.0`) : this.#lineOn(link);
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
    let line = this.#lines.get(name);
    if (line === undefined) {
      const { peer, epoch, host, meter, carriers } = this.#options;
      const idSeed = host.newMessageId();
      const channel = { name, peer, epoch, idSeed, budget: this.#budget, meter };
      const byId = (message: OutgoingMessage) => this.#deliverById(message, undefined);
      line = new ChannelLine(channel, carriers, byId);
      this.#lines.set(name, line);
    }
    return line;
  }

  /** For a peer that knows no channels: each message by itself, with its id. */
  #deliverById(message: OutgoingMessage, signal: AbortSignal | undefined): void {
    const { type, data, meta, giveUpAt, token, isHaunted } = message;
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

function closed(peer: string): RnpError {
  return new RnpError("UNAVAILABLE", "the node was closed", { peer });
}
