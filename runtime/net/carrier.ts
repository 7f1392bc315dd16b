import type { MessageType, StreamType } from "../wire/message-type.js";

/** What the caller chooses of one message that an answer or an acknowledgement is awaited for. */
export interface CallOptions {
  /** From now until the answer or the acknowledgement; connecting, where there is need of it, is included. */
  readonly timeoutMs: number;
  /** Aborting it ends the call with `CANCELLED`. */
  readonly signal?: AbortSignal | undefined;
  readonly meta?: Readonly<Record<string, string>> | undefined;
  /** Given when a message is sent again. Default: a new one. */
  readonly id?: string | undefined;
}

/** What the caller chooses of one request that a stream answers. */
export interface StreamCallOptions {
  /** From now until the stream's end. Default: it may take for ever. */
  readonly timeoutMs?: number | undefined;
  /** Aborting it ends the stream with `CANCELLED`, on both sides. */
  readonly signal?: AbortSignal | undefined;
  readonly meta?: Readonly<Record<string, string>> | undefined;
}

/** What the caller chooses of one message that nothing is awaited for. */
export interface PostOptions {
  readonly meta?: Readonly<Record<string, string>> | undefined;
}

/** The same, where the message may have to wait for a connection. */
export interface OneWayOptions extends PostOptions {
  /** For a connection, where none is open. Default: as long as connecting takes. */
  readonly timeoutMs?: number | undefined;
  /** Aborting it ends the wait for a connection with `CANCELLED`. */
  readonly signal?: AbortSignal | undefined;
}

/** What carries messages to one peer: a connection, or a pool of connections. */
export interface Carrier {
  /** Sends a request and settles with its answer. */
  request<Data, Answer>(
    type: MessageType<Data, Answer>,
    data: Data,
    options: CallOptions,
  ): Promise<Answer>;
  /** Sends a message that nobody acknowledges. Settles when there is room for more. */
  send<Data>(type: MessageType<Data>, data: Data, options?: OneWayOptions): Promise<void>;
  /** Sends a message and settles once the peer has acknowledged it. */
  sendForAck<Data>(type: MessageType<Data>, data: Data, options: CallOptions): Promise<void>;
  /**
   * Sends a request that a stream answers and gives its items as they come. Leaving the iteration cancels
   * it; a lost connection is an error, never an end.
   */
  stream<Data, Item>(
    type: StreamType<Data, Item>,
    data: Data,
    options?: StreamCallOptions,
  ): AsyncIterableIterator<Item>;
  /**
   * Like `send`, at once.
   *
   * @returns `true`: go on; `false`: it was taken, but wait for `drained()` before the next one
   * @throws RnpError `UNAVAILABLE` where no connection is open, `BACKPRESSURE` where too much waits already;
   *   the message was then not taken
   */
  post<Data>(type: MessageType<Data>, data: Data, options?: PostOptions): boolean;
  /** Settles when there is room for more, or when there is no connection any more that could have some. */
  drained(): Promise<void>;
  /** Whether a message would leave at once. */
  readonly isOpen: boolean;
  /** Requests and acknowledged messages in flight. */
  readonly inFlightCount: number;
  /** Says goodbye and lets what is in flight finish; always ends within `drainMs`. */
  close(reason: string, drainMs: number): Promise<void>;
}
