import { setMaxListeners } from "node:events";
import { acceptEnvelope } from "../../generated/envelope.js";
import { RnpError, toRnpError } from "../core/error.js";
import type { Caller, MessageType, StreamType } from "../wire/message-type.js";
import type { RequestOptions, SendOptions } from "./call-options.js";
import { inherited } from "./inherited-options.js";

/**
 * Sees that what a caller chose can be done before anything is sent, and that a call takes over what it is to
 * take over from the message it is made for. Calls without options pass through.
 */
export class CarefulCaller implements Caller<RequestOptions, SendOptions> {
  readonly #inner: Caller<RequestOptions, SendOptions>;

  constructor(inner: Caller<RequestOptions, SendOptions>) {
    this.#inner = inner;
  }

  request<Data, Answer>(
    type: MessageType<Data, Answer>,
    data: Data,
    options?: RequestOptions,
  ): Promise<Answer> {
    if (options === undefined) return this.#inner.request(type, data);
    return attempt(() => this.#inner.request(type, data, feasible(options, type.timeoutMs)));
  }

  send<Data>(type: MessageType<Data>, data: Data, options?: SendOptions): Promise<void> {
    if (options === undefined) return this.#inner.send(type, data);
    return attempt(() => this.#inner.send(type, data, feasible(options)));
  }

  stream<Data, Item>(
    type: StreamType<Data, Item>,
    data: Data,
    options?: RequestOptions,
  ): AsyncIterableIterator<Item> {
    if (options === undefined) return this.#inner.stream(type, data);
    return this.#inner.stream(type, data, feasible(options));
  }
}

/** @throws RnpError `PROTOCOL_ERROR` that names the option, or `TIMEOUT` where there is none left to inherit */
function feasible<Options extends RequestOptions>(
  options: Options,
  defaultTimeoutMs?: number,
): Omit<Options, "parent"> {
  const { timeoutMs, meta } = options;
  if (timeoutMs !== undefined && !(timeoutMs > 0 && timeoutMs < Number.POSITIVE_INFINITY)) {
    throw badTimeout(timeoutMs);
  }
  if (meta !== undefined) assertFits(meta);
  const whole = options.parent === undefined ? options : inherited(options, defaultTimeoutMs);
  if (whole.signal !== undefined) expectMany(whole.signal);
  return whole;
}

/** One signal may well end thousands of calls; Node warns of more than ten listeners as of a leak. */
function expectMany(signal: AbortSignal): void {
  if (signal instanceof EventTarget) setMaxListeners(0, signal);
}

/**
 * A peer would take an envelope that breaks its schema for a broken connection.
 *
 * @throws RnpError `PROTOCOL_ERROR`
 */
export function assertFits(meta: Readonly<Record<string, string>>): void {
  try {
    acceptEnvelope({ ...ENVELOPE, meta });
  } catch (fault) {
    throw toRnpError(fault);
  }
}

/** All but `meta` is as it should be. */
const ENVELOPE = {
  type: "ping",
  id: "00000000-0000-4000-8000-000000000000",
  timestamp: 0,
  sender: "node",
  data: {},
};

function badTimeout(timeoutMs: number): RnpError {
  const expected = "a finite number of ms above 0";
  return new RnpError("PROTOCOL_ERROR", `timeoutMs is ${timeoutMs}; expected ${expected}`, {
    details: { expected, got: String(timeoutMs) },
  });
}

/** What `start` gives; also what it throws, as callers listen in one place only. */
function attempt<Result>(start: () => Promise<Result>): Promise<Result> {
  try {
    return start();
  } catch (thrown) {
    return Promise.reject(thrown);
  }
}
