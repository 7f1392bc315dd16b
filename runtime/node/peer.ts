import { type Client, createClient } from "../../generated/client.js";
import { MESSAGES, type MessageMap, type OneWayType } from "../../generated/dispatch.js";
import { RnpError } from "../core/error.js";
import { cancelled } from "../net/awaiter.js";
import type { PostOptions } from "../net/carrier.js";
import type { Pool } from "../net/pool.js";
import type { Caller, MessageType, PoolName, StreamType } from "../wire/message-type.js";
import type { RequestOptions, SendOptions } from "./call-options.js";
import { assertFits } from "./careful-caller.js";
import { assertDelivery } from "./delivery-promise.js";
import type { Directory } from "./directory.js";

/** A typed client of one node: `await peer.mesh.query({ service_name })`. Holds no connection itself. */
export interface Peer extends Client<RequestOptions, SendOptions>, Poster {
  readonly id: string;
}

/** Sends what nobody acknowledges without a promise for each message. */
export interface Poster {
  /**
   * Sends a one-way message at once, on a connection that is open. Interceptors do not see it.
   *
   * @returns `true`: go on; `false`: it was taken, but await `drained()` before the next one
   * @throws RnpError `UNAVAILABLE` where no connection is open (one is then dialled), `BACKPRESSURE` where too
   *   much waits already, `PROTOCOL_ERROR` where `data` breaks its schema or that promises more than one
   *   attempt; the message was not taken
   */
  post<Type extends OneWayType>(type: Type, data: MessageMap[Type], options?: PostOptions): boolean;
  /** Settles when all connections in use have room, or when there is none and none is being dialled. */
  drained(): Promise<void>;
}

/** `caller` for what is awaited, `poster` for what is not. */
export function createPeer(
  id: string,
  caller: Caller<RequestOptions, SendOptions>,
  poster: Poster,
): Peer {
  return Object.assign(createClient(caller), {
    id,
    post: poster.post.bind(poster),
    drained: poster.drained.bind(poster),
  });
}

/** Sends what a generated client wants sent to one node, each message on the pool its schema names. */
export class PeerCaller implements Caller<RequestOptions, SendOptions>, Poster {
  readonly id: string;
  readonly #directory: Directory;
  /** Those used so far. */
  readonly #carriers: Partial<Record<PoolName, Pool>> = {};

  constructor(id: string, directory: Directory) {
    this.id = id;
    this.#directory = directory;
  }

  request<Data, Answer>(
    type: MessageType<Data, Answer>,
    data: Data,
    options: RequestOptions = {},
  ): Promise<Answer> {
    const { timeoutMs = type.timeoutMs, signal, meta } = options;
    return promised(signal, () =>
      this.#carrier(type).request(type, data, { timeoutMs, signal, meta }),
    );
  }

  send<Data>(type: MessageType<Data>, data: Data, options: SendOptions = {}): Promise<void> {
    try {
      if (options.signal?.aborted) throw cancelled(options.signal.reason, "not-delivered");
      const promise = assertDelivery(type, options.delivery ?? type.delivery, options.channel);
      const { signal, meta, channel } = options;
      const carrier = this.#carrier(type, channel);
      if (promise === undefined) {
        return carrier.send(type, data, { timeoutMs: options.timeoutMs, signal, meta });
      }
      const { timeoutMs = SEND_TIMEOUT_MS } = options;
      return carrier.deliver(type, data, { timeoutMs, signal, meta, channel, promise });
    } catch (thrown) {
      return Promise.reject(thrown);
    }
  }

  stream<Data, Item>(
    type: StreamType<Data, Item>,
    data: Data,
    { timeoutMs, signal, meta }: RequestOptions = {},
  ): AsyncIterableIterator<Item> {
    return this.#carrier(type).stream(type, data, { timeoutMs, signal, meta });
  }

  post<Type extends OneWayType>(
    name: Type,
    data: MessageMap[Type],
    options?: PostOptions,
  ): boolean {
    const type = MESSAGES.get(name);
    if (type === undefined || !isPostable(type)) throw notPostable(name);
    if (options?.meta !== undefined) assertFits(options.meta);
    return this.#carrier(type).post(type, data, options);
  }

  async drained(): Promise<void> {
    await Promise.all(Object.values(this.#carriers).map((carrier) => carrier.drained()));
  }

  #carrier({ pool }: MessageType, channel?: string): Pool {
    if (channel !== undefined) return this.#directory.carrier(this.id, pool, channel);
    const known = this.#carriers[pool];
    // The directory may have forgotten the node meanwhile.
    if (known !== undefined && !known.isClosed) return known;
    const carrier = this.#directory.carrier(this.id, pool);
    this.#carriers[pool] = carrier;
    return carrier;
  }
}

/** What `start` gives; also what it throws, as callers listen in one place only. */
function promised<Result>(
  signal: AbortSignal | undefined,
  start: () => Promise<Result>,
): Promise<Result> {
  try {
    return signal?.aborted ? Promise.reject(cancelled(signal.reason, "not-delivered")) : start();
  } catch (thrown) {
    return Promise.reject(thrown);
  }
}

function isPostable({ layer, delivery, answer, stream }: MessageType): boolean {
  const isOneWay = answer === undefined && stream === undefined;
  return layer === "application" && isOneWay && delivery === "at-most-once";
}

function notPostable(name: string): RnpError {
  const expected = "a one-way message that is promised at-most-once";
  return new RnpError("PROTOCOL_ERROR", `${name} cannot be posted; expected ${expected}`, {
    details: { message_type: name, expected, got: name },
  });
}

/** Room for all five attempts of the retry policy. */
const SEND_TIMEOUT_MS = 30_000;
