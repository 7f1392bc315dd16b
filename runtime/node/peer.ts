import { type Client, createClient } from "../../generated/client.js";
import { RnpError } from "../core/error.js";
import { cancelled } from "../net/awaiter.js";
import { now } from "../net/clock.js";
import type { Pool } from "../net/pool.js";
import type { Caller, MessageType, PoolName, StreamType } from "../wire/message-type.js";
import type { RequestOptions, SendOptions } from "./call-options.js";
import { deliver } from "./delivery.js";
import type { Directory } from "./directory.js";

/** A typed client of one node: `await peer.mesh.query({ service_name })`. Holds no connection itself. */
export interface Peer extends Client<RequestOptions, SendOptions> {
  readonly id: string;
}

export function createPeer(id: string, caller: Caller<RequestOptions, SendOptions>): Peer {
  return Object.assign(createClient(caller), { id });
}

/** Sends what a generated client wants sent to one node, each message on the pool its schema names. */
export class PeerCaller implements Caller<RequestOptions, SendOptions> {
  readonly id: string;
  readonly #directory: Directory;
  readonly #newMessageId: () => string;
  /** Those used so far. */
  readonly #carriers: Partial<Record<PoolName, Pool>> = {};

  constructor(id: string, directory: Directory, newMessageId: () => string) {
    this.id = id;
    this.#directory = directory;
    this.#newMessageId = newMessageId;
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
    const { timeoutMs, signal, meta, delivery = type.delivery } = options;
    return promised(signal, () => {
      assertNotLess(type, delivery);
      const carrier = this.#carrier(type);
      if (delivery === "at-most-once") return carrier.send(type, data, { timeoutMs, signal, meta });
      const id = this.#newMessageId();
      const attempt = (patienceMs: number) =>
        carrier.sendForAck(type, data, { timeoutMs: patienceMs, signal, meta, id });
      const giveUpAt = now() + (timeoutMs ?? SEND_TIMEOUT_MS);
      return deliver(attempt, { giveUpAt, signal, isOver: () => this.#directory.isClosed });
    });
  }

  stream<Data, Item>(type: StreamType<Data, Item>): AsyncIterableIterator<Item> {
    throw new RnpError("UNSUPPORTED", `${type.type} is a stream, which no connection carries yet`);
  }

  #carrier({ pool }: MessageType): Pool {
    this.#carriers[pool] ??= this.#directory.carrier(this.id, pool);
    return this.#carriers[pool];
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

function assertNotLess(type: MessageType, delivery: string): void {
  if (type.delivery !== "at-least-once" || delivery !== "at-most-once") return;
  throw new RnpError(
    "PROTOCOL_ERROR",
    `${type.type} is promised at-least-once by its schema; ask for that or leave the option out`,
  );
}

/** Room for all five attempts of the retry policy. */
const SEND_TIMEOUT_MS = 30_000;
