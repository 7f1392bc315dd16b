import type { Caller, MessageType, StreamType } from "../wire/message-type.js";
import type { RequestOptions, SendOptions } from "./call-options.js";
import {
  type CallKind,
  chain,
  type Interceptor,
  type Next,
  type OutgoingCall,
} from "./interceptors.js";
import { LateIterator } from "./late-iterator.js";

type AnyCaller = Caller<RequestOptions, SendOptions>;

/** Leads the calls to one peer through the interceptors of its node. */
export class InterceptedCaller implements AnyCaller {
  readonly #peer: string;
  readonly #inner: AnyCaller;
  readonly #interceptors: readonly Interceptor<OutgoingCall>[];

  constructor(peer: string, inner: AnyCaller, interceptors: readonly Interceptor<OutgoingCall>[]) {
    this.#peer = peer;
    this.#inner = inner;
    this.#interceptors = interceptors;
  }

  async request<Data, Answer>(
    type: MessageType<Data, Answer>,
    data: Data,
    options: RequestOptions = {},
  ): Promise<Answer> {
    const call = this.#call("request", type, data, { timeoutMs: type.timeoutMs, ...options });
    const answer = await this.#run(call, async (changed) =>
      this.#inner.request(type, changed.data as Data, optionsOf(changed)),
    );
    // Whoever answers in the place of the peer answers for its shape.
    return answer as Answer;
  }

  async send<Data>(type: MessageType<Data>, data: Data, options: SendOptions = {}): Promise<void> {
    const call = this.#call("send", type, data, { delivery: type.delivery, ...options });
    await this.#run(call, async (changed) =>
      this.#inner.send(type, changed.data as Data, optionsOf(changed)),
    );
  }

  stream<Data, Item>(
    type: StreamType<Data, Item>,
    data: Data,
    options: RequestOptions = {},
  ): AsyncIterableIterator<Item> {
    const call = this.#call("stream", type, data, options);
    return new LateIterator(async () => {
      const items = await this.#run(call, async (changed) =>
        this.#inner.stream(type, changed.data as Data, optionsOf(changed)),
      );
      return items as AsyncIterable<Item>;
    });
  }

  #run(call: OutgoingCall, last: Next<OutgoingCall>): Promise<unknown> {
    return chain(this.#interceptors, last)(call);
  }

  #call(kind: CallKind, { type }: MessageType, data: unknown, options: SendOptions): OutgoingCall {
    const { timeoutMs, signal, meta = {}, delivery } = options;
    const peer = this.#peer;
    return { kind, type, peer, data, meta, signal, timeoutMs, delivery } as OutgoingCall;
  }
}

/** Nothing is sent for what is not there: an empty `meta` would be a field like any other. */
function optionsOf({ meta, signal, timeoutMs, delivery }: OutgoingCall): SendOptions {
  return {
    ...(Object.keys(meta).length === 0 ? {} : { meta }),
    ...(signal === undefined ? {} : { signal }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(delivery === undefined ? {} : { delivery }),
  };
}
