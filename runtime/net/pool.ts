import { RnpError, toRnpError } from "../core/error.js";
import type { MessageType, StreamType } from "../wire/message-type.js";
import type {
  CallOptions,
  Carrier,
  OneWayOptions,
  PostOptions,
  StreamCallOptions,
} from "./carrier.js";
import { now } from "./clock.js";
import { Courier, type CourierOptions, type DeliverOptions } from "./courier.js";
import { type ItemSink, ItemStream, itemCreditFor, type StreamControls } from "./item-stream.js";
import type { Link } from "./link.js";
import { Redial } from "./redial.js";
import { type ConnectPatience, WaitingRoom } from "./waiting-room.js";

export interface PoolOptions {
  /** Who all its connections lead to. */
  readonly peer: string;
  /** Connections at most. */
  readonly sizeMax: number;
  /** What its channels need to know of the node; see `Courier`. */
  readonly channels: Omit<CourierOptions, "peer" | "carriers">;
  /** `signal` aborts when the pool closes. Must end in bounded time. */
  dial(signal: AbortSignal): Promise<Link>;
  /** An open link from elsewhere, to use while the pool has none of its own. */
  borrow(): Link | undefined;
}

/**
 * The connections to one peer for one purpose, opened when they are needed, with the interface of one.
 *
 * - What is awaited goes on the link with the least to do, equals in turn. While even that one is busy and
 *   there are fewer than `sizeMax`, another is dialled beside it.
 * - What is not awaited stays on the first link as long as that is open: its order is worth more than what
 *   a second link might add to its pace.
 * - With no link open, messages wait for the dial, each no longer than it wants to. When the dial fails, so
 *   do they, with its reason. `Redial` says when the next one may begin; until then only what is awaited
 *   waits.
 */
export class Pool implements Carrier {
  /** It takes nothing any more. */
  isClosed = false;
  readonly #options: PoolOptions;
  readonly #links: Link[] = [];
  readonly #room: WaitingRoom;
  readonly #redial = new Redial();
  readonly #closing = new AbortController();
  readonly #courier: Courier;
  /** The dial under way, with whatever follows it. */
  #dialling: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Where the search for the link with the least to do begins. */
  #turn = 0;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#room = new WaitingRoom(options.peer);
    const { peer, channels } = options;
    const carriers = {
      first: () => this.#first(),
      leastBusy: () => this.#leastBusy(),
      connect: () => this.#whenOpen(true, {}, (link) => link),
      sendForAck: this.sendForAck.bind(this),
    };
    this.#courier = new Courier({ ...channels, peer, carriers });
  }

  get isOpen(): boolean {
    return this.#first() !== undefined;
  }

  /** Those that still wait for a connection included. */
  get inFlightCount(): number {
    return this.#links.reduce((sum, link) => sum + link.inFlightCount, this.#room.size);
  }

  request<Data, Answer>(
    type: MessageType<Data, Answer>,
    data: Data,
    options: CallOptions,
  ): Promise<Answer> {
    const link = this.#leastBusy();
    if (link !== undefined) return link.request(type, data, options);
    return this.#whenOpen(true, options, (opened, left) => opened.request(type, data, left));
  }

  sendForAck<Data>(type: MessageType<Data>, data: Data, options: CallOptions): Promise<void> {
    const link = this.#leastBusy();
    if (link !== undefined) return link.sendForAck(type, data, options);
    return this.#whenOpen(true, options, (opened, left) => opened.sendForAck(type, data, left));
  }

  /** Sends a message again until the peer has acknowledged it; see `Courier`. */
  deliver<Data>(type: MessageType<Data>, data: Data, options: DeliverOptions): Promise<void> {
    return this.#courier.deliver(type, data, options);
  }

  /** What gives messages their places in channels and in the outbox. */
  get courier(): Courier {
    return this.#courier;
  }

  send<Data>(type: MessageType<Data>, data: Data, options: OneWayOptions = {}): Promise<void> {
    const link = this.#first();
    if (link !== undefined) return link.send(type, data, options);
    return this.#whenOpen(false, options, (opened) => opened.send(type, data, options));
  }

  /** The stream takes its link with the first item that is asked for, and keeps it. */
  stream<Data, Item>(
    type: StreamType<Data, Item>,
    data: Data,
    options: StreamCallOptions = {},
  ): AsyncIterableIterator<Item> {
    return new ItemStream<Item>(itemCreditFor(type.stream.sizeMax), (sink, itemCredit) =>
      this.#openStream(type, data, options, sink, itemCredit),
    );
  }

  /** Where no connection is open, one is dialled, so that a later one can be posted. */
  post<Data>(type: MessageType<Data>, data: Data, options?: PostOptions): boolean {
    const link = this.#first();
    if (link !== undefined) return link.post(type, data, options);
    this.#dialAhead();
    throw this.#notOpen();
  }

  /**
   * Waits for a connection, and dials where there is need. `isAwaited`: see `Redial`.
   *
   * @throws RnpError why there is none
   */
  connect(isAwaited: boolean, options: ConnectPatience): Promise<Link> {
    const link = this.#first();
    if (link !== undefined) return Promise.resolve(link);
    return this.#whenOpen(isAwaited, options, (opened) => opened);
  }

  /** Whether nothing would be lost with it: no connection, nobody who waits, and no channel that counts. */
  get isUnused(): boolean {
    const isQuiet = this.#links.length === 0 && this.#room.size === 0;
    return isQuiet && this.#dialling === undefined && this.#courier.isUnused;
  }

  /** Where no connection is open, it waits for the dial under way. */
  drained(): Promise<void> {
    return this.#first()?.drained() ?? this.#dialling ?? AT_ONCE;
  }

  /** Takes a link that was dialled elsewhere into the pool. */
  keep(link: Link): void {
    this.#links.push(link);
    void link.closed.then(() => this.#links.splice(this.#links.indexOf(link), 1));
    this.#redial.forget();
    this.#room.admit(link);
  }

  /** There is news of the peer: what was learnt from failed dials is void. */
  forgive(): void {
    this.#redial.forget();
    this.#dialWhenDue();
  }

  /** Turns away who waits and says goodbye on every link; settles when all have closed. */
  async close(reason: string, drainMs: number): Promise<void> {
    this.isClosed = true;
    this.#closing.abort(closed(this.#options.peer));
    clearTimeout(this.#timer);
    this.#room.turnAway(closed(this.#options.peer));
    this.#courier.stop();
    await this.#dialling; // Aborted just now, unless it was done.
    await Promise.all(this.#links.map((link) => link.close(reason, drainMs)));
    this.#courier.close();
  }

  #first(): Link | undefined {
    for (const link of this.#links) if (link.isOpen) return link;
    return this.#options.borrow();
  }

  #leastBusy(): Link | undefined {
    const { length } = this.#links;
    let best: Link | undefined;
    let leastLoad = Number.POSITIVE_INFINITY;
    let turn = this.#turn;
    for (let step = 0; step < length; step++) {
      const index = (this.#turn + step) % length;
      const link = this.#links[index]!;
      if (!link.isOpen || loadOf(link) >= leastLoad) continue;
      best = link;
      leastLoad = loadOf(link);
      turn = index + 1;
    }
    this.#turn = turn;
    if (best === undefined) return this.#options.borrow();
    if (leastLoad >= BUSY_LOAD && length < this.#options.sizeMax) this.#dialAhead();
    return best;
  }

  #openStream<Data, Item>(
    type: StreamType<Data, Item>,
    data: Data,
    options: StreamCallOptions,
    sink: ItemSink,
    itemCredit: number,
  ): StreamControls | Promise<StreamControls> {
    const link = this.#leastBusy();
    if (link !== undefined) return link.openStream(type, data, options, sink, itemCredit);
    return this.#whenOpen(true, options, (opened, left) =>
      opened.openStream(type, data, left, sink, itemCredit),
    );
  }

  /** Dials although nobody waits for it. */
  #dialAhead(): void {
    if (now() >= this.#redial.dueAt(false)) this.#dial();
  }

  #notOpen(): RnpError {
    const { peer } = this.#options;
    if (this.#closing.signal.aborted) return closed(peer);
    const text = `no connection to ${peer} is open; await drained(), or any other call to it`;
    return new RnpError("UNAVAILABLE", text, { peer, cause: this.#redial.error });
  }

  #whenOpen<Result>(
    isAwaited: boolean,
    options: ConnectPatience,
    start: (link: Link, left: CallOptions) => Result | Promise<Result>,
  ): Promise<Result> {
    const refusal = this.#refusal(isAwaited);
    if (refusal !== undefined) return Promise.reject(refusal);
    const { timeoutMs = Number.POSITIVE_INFINITY } = options;
    const giveUpAt = now() + timeoutMs;
    const started = this.#room.wait(
      options,
      (link) => start(link, { ...options, timeoutMs: giveUpAt - now() }),
      () => this.#redial.error,
    );
    this.#dialWhenDue();
    return started;
  }

  /** Why a message may not even wait. */
  #refusal(isAwaited: boolean): RnpError | undefined {
    if (this.#closing.signal.aborted) return closed(this.#options.peer);
    if (this.#dialling !== undefined || now() >= this.#redial.dueAt(isAwaited)) return undefined;
    return isAwaited && !this.#redial.isTerminal ? undefined : this.#redial.error;
  }

  #dialWhenDue(): void {
    if (this.#room.size === 0) return;
    clearTimeout(this.#timer);
    // Only what is awaited waits for a dial that is not under way.
    const delayMs = this.#redial.dueAt(true) - now();
    if (delayMs <= 0) return this.#dial();
    this.#timer = setTimeout(() => this.#dialWhenDue(), delayMs);
  }

  #dial(): void {
    if (this.#closing.signal.aborted) return;
    this.#dialling ??= this.#options.dial(this.#closing.signal).then(
      (link) => {
        this.#dialling = undefined;
        this.keep(link);
      },
      (thrown) => {
        this.#dialling = undefined;
        this.#handleFailure(toRnpError(thrown));
      },
    );
  }

  #handleFailure(failure: RnpError): void {
    const error = failure.peer === undefined ? failure.with({ peer: this.#options.peer }) : failure;
    this.#redial.failed(now(), error, Math.random());
    this.#room.turnAway(error);
  }
}

/** How much a link has to do, in calls that are in flight. */
function loadOf(link: Link): number {
  return link.inFlightCount + link.queuedBytes / QUEUED_BYTES_PER_CALL;
}

function closed(peer: string): RnpError {
  return new RnpError("UNAVAILABLE", "the node was closed", { peer });
}

/**
 * A link with so much to do is busy. Below that, a second one would only split what otherwise leaves in one
 * write, and cost the peer a connection.
 */
const BUSY_LOAD = 64;
/** What waits to be written counts like calls: a link that is busy with nothing else has 256 KiB of it. */
const QUEUED_BYTES_PER_CALL = 4096;
const AT_ONCE: Promise<void> = Promise.resolve();
