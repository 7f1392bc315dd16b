import { type Client, createClient } from "../../generated/client.js";
import { RnpError } from "../core/error.js";
import { now } from "../net/clock.js";
import { cancelled } from "../net/link.js";
import { within } from "../net/patience.js";
import type { Caller, MessageType, StreamType } from "../wire/message-type.js";
import type { RequestOptions, SendOptions } from "./call-options.js";
import { deliver } from "./delivery.js";
import type { Directory } from "./directory.js";

/** A typed client of one node: `await peer.mesh.query({ service_name })`. Holds no connection itself. */
export interface Peer extends Client<RequestOptions, SendOptions> {
  readonly id: string;
}

export function createPeer(caller: PeerCaller): Peer {
  return Object.assign(createClient(caller), { id: caller.id });
}

/** Sends what a generated client wants sent to one node, each message on the pool its schema names. */
export class PeerCaller implements Caller<RequestOptions, SendOptions> {
  readonly id: string;
  readonly #directory: Directory;
  readonly #newMessageId: () => string;

  constructor(id: string, directory: Directory, newMessageId: () => string) {
    this.id = id;
    this.#directory = directory;
    this.#newMessageId = newMessageId;
  }

  async request<Data, Answer>(
    type: MessageType<Data, Answer>,
    data: Data,
    options: RequestOptions = {},
  ): Promise<Answer> {
    const { timeoutMs = type.timeoutMs, signal, meta } = options;
    const giveUpAt = now() + timeoutMs;
    const link = await this.#link(type, timeoutMs, signal);
    return link.request(type, data, { timeoutMs: giveUpAt - now(), signal, meta });
  }

  async send<Data>(type: MessageType<Data>, data: Data, options: SendOptions = {}): Promise<void> {
    const { timeoutMs = SEND_TIMEOUT_MS, signal, meta, delivery = type.delivery } = options;
    assertNotLess(type, delivery);
    if (delivery === "at-most-once") {
      const link = await this.#link(type, timeoutMs, signal);
      return link.send(type, data, { meta });
    }
    const id = this.#newMessageId();
    const giveUpAt = now() + timeoutMs;
    const attempt = async (patienceMs: number) => {
      const link = await this.#link(type, patienceMs, signal);
      await link.sendForAck(type, data, { timeoutMs: patienceMs, signal, meta, id });
    };
    await deliver(attempt, { giveUpAt, signal });
  }

  stream<Data, Item>(type: StreamType<Data, Item>): AsyncIterableIterator<Item> {
    throw new RnpError("UNSUPPORTED", `${type.type} is a stream, which no connection carries yet`);
  }

  #link(type: MessageType, timeoutMs: number, signal: AbortSignal | undefined) {
    if (signal?.aborted) throw cancelled(signal.reason, "not-delivered");
    const link = this.#directory.link(this.id, type.pool);
    return within(link, `connecting to ${this.id}`, { timeoutMs, signal });
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
