import { MESSAGES } from "../../../generated/dispatch.js";
import type { RequestOptions, SendOptions } from "../../../runtime/node/call-options.js";
import type { Caller, MessageType, StreamType } from "../../../runtime/wire/message-type.js";

type Called = readonly [how: string, type: string, data: unknown, options: unknown];

/** A caller that remembers what it was asked for, and answers with what it was given. */
export class FakeCaller implements Caller<RequestOptions, SendOptions> {
  readonly calls: Called[] = [];
  readonly answer: unknown;

  constructor(answer?: unknown) {
    this.answer = answer;
  }

  async request<Data, Answer>({ type }: MessageType<Data, Answer>, data: Data, options?: object) {
    this.calls.push(["request", type, data, options]);
    return this.answer as Answer;
  }

  async send<Data>({ type }: MessageType<Data>, data: Data, options?: object): Promise<void> {
    this.calls.push(["send", type, data, options]);
  }

  async *stream<Data, Item>(
    { type }: StreamType<Data, Item>,
    data: Data,
    options?: object,
  ): AsyncGenerator<Item> {
    this.calls.push(["stream", type, data, options]);
    try {
      yield* this.answer as Item[];
    } finally {
      this.calls.push(["left", type, undefined, undefined]);
    }
  }

  /** The options of the only call so far. */
  get options(): unknown {
    if (this.calls.length !== 1) throw new Error(`there were ${this.calls.length} calls`);
    return this.calls[0]![3];
  }
}

/** A streaming request with the data of `mesh.query`, whose items are `pong`s. */
export const STREAM: StreamType = {
  ...MESSAGES.get("mesh.query")!,
  answer: undefined,
  timeoutMs: 0,
  stream: MESSAGES.get("pong")!,
};
