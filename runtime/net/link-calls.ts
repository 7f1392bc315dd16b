import type { Calls } from "../core/calls.js";
import type { MessageKey } from "../core/message-ids.js";
import type { MessageType, StreamType } from "../wire/message-type.js";
import { CallAwaiter, cancelled, StreamAwaiter } from "./awaiter.js";
import type { CallOptions, StreamCallOptions } from "./carrier.js";
import { now } from "./clock.js";
import type { ItemSink, StreamControls } from "./item-stream.js";
import type { LinkOutput } from "./link-output.js";

/** What the application asks of the peer of a link, with the promises and the sinks that hear what comes of it. */
export class LinkCalls {
  readonly #calls: Calls;
  readonly #output: LinkOutput;

  constructor(calls: Calls, output: LinkOutput) {
    this.#calls = calls;
    this.#output = output;
  }

  /**
   * Sends a request or a message to be acknowledged, and settles with what comes back.
   *
   * @throws RnpError where it was not taken: `BACKPRESSURE`, `UNAVAILABLE`, `PROTOCOL_ERROR` for its data
   */
  call<Data>(
    verb: "request" | "sendForAck",
    type: MessageType<Data>,
    data: Data,
    { timeoutMs, signal, meta, id }: CallOptions,
  ): Promise<unknown> {
    if (signal?.aborted) return Promise.reject(cancelled(signal.reason, "not-delivered"));
    this.#output.assertRoom();
    const token = new CallAwaiter();
    const key = this.#calls[verb](now(), type, data, { timeoutMs, meta, id, token });
    if (signal !== undefined) token.heed(signal, () => this.#cancel(key));
    this.#output.schedule();
    return token.promise;
  }

  /**
   * Asks for a stream of at first `itemCredit` items, which go to `sink`.
   *
   * @throws RnpError where it was not taken, as for `call`; `CANCELLED`; `UNSUPPORTED` where the peer knows no streams
   */
  openStream<Data>(
    type: StreamType<Data>,
    data: Data,
    { timeoutMs = Number.POSITIVE_INFINITY, signal, meta }: StreamCallOptions,
    sink: ItemSink,
    itemCredit: number,
  ): StreamControls {
    if (signal?.aborted) throw cancelled(signal.reason, "not-delivered");
    this.#output.assertRoom();
    const token = new StreamAwaiter(sink);
    const key = this.#calls.openStream(now(), type, data, { timeoutMs, meta, token }, itemCredit);
    const cancel = () => this.#cancel(key);
    if (signal !== undefined) token.heed(signal, cancel);
    this.#output.schedule();
    return {
      grant: (count) => this.#grantItems(key, count),
      cancel: () => {
        token.abandoned();
        cancel();
      },
    };
  }

  /** Whether the message had left. */
  #cancel(key: MessageKey): boolean {
    const isRevoked = this.#calls.cancel(key);
    this.#output.schedule();
    return !isRevoked;
  }

  #grantItems(key: MessageKey, count: number): void {
    this.#calls.grantItems(key, count);
    this.#output.schedule();
  }
}
