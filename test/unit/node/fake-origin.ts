import { RnpError } from "../../../runtime/core/error.js";
import { InboundMessage } from "../../../runtime/core/inbound.js";
import { errorDataOf } from "../../../runtime/core/peer-error.js";
import type { Received } from "../../../runtime/core/received.js";
import { now } from "../../../runtime/net/clock.js";
import type { Origin } from "../../../runtime/node/handler-context.js";
import type { Logger } from "../../../runtime/node/logger.js";
import type { MessageType } from "../../../runtime/wire/message-type.js";

/** A connection of `node-2` that remembers how its messages were settled, in words such as `answer`. */
export class FakeOrigin implements Origin {
  readonly peer = { id: "node-2", role: "node", cluster: "test" } as const;
  readonly agreement = undefined;
  readonly said: (readonly [what: string, data?: unknown])[] = [];
  #credit = 0;
  #isGone = false;
  #wake = () => {};

  answer({ type }: InboundMessage, data: unknown): void {
    this.said.push(["answer", checked(type.answer!, data)]);
  }

  refuse(_: InboundMessage, error: RnpError): void {
    this.said.push(["refuse", errorDataOf(error)]);
  }

  settle(): void {
    this.said.push(["settle"]);
  }

  drop(): void {
    this.said.push(["drop"]);
  }

  async credited(): Promise<boolean> {
    while (this.#credit === 0 && !this.#isGone) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    return !this.#isGone;
  }

  item({ type }: InboundMessage, data: unknown): void {
    this.#credit -= 1;
    this.said.push(["item", checked(type.stream!, data)]);
  }

  end(_: InboundMessage, error?: RnpError): void {
    this.said.push(error === undefined ? ["end"] : ["end", errorDataOf(error)]);
  }

  /** The asker of the stream has room for `count` more items. */
  grant(count: number): void {
    this.#credit += count;
    this.#wake();
  }

  /** The asker has no room any more, ever. */
  vanish(): void {
    this.#isGone = true;
    this.#wake();
  }

  /** The first thing that is said from now on. */
  async next(): Promise<readonly [what: string, data?: unknown]> {
    const from = this.said.length;
    while (this.said.length === from) await new Promise((resolve) => setTimeout(resolve, 1));
    return this.said[from]!;
  }
}

function checked(type: MessageType, data: unknown): unknown {
  const violation = type.invalid(data);
  if (violation === undefined) return data;
  const { pointer } = violation;
  throw new RnpError("PROTOCOL_ERROR", `${pointer} is not as it should be`);
}

let messageCount = 0;

export interface MessageFacts {
  readonly data?: unknown;
  /** How long the sender still waits. Default: it did not say. */
  readonly deadlineMs?: number;
  readonly requiresAck?: boolean;
  readonly meta?: Readonly<Record<string, string>>;
}

export function messageOf(type: MessageType, facts: MessageFacts = {}): InboundMessage {
  const { data = {}, deadlineMs, requiresAck = false, meta } = facts;
  messageCount += 1;
  const received = { id: `message-${messageCount}`, meta } as Received;
  const deadlineAt = deadlineMs === undefined ? undefined : now() + deadlineMs;
  return new InboundMessage(received, type, data, deadlineAt, requiresAck, 100);
}

/** A logger that keeps what it is told, and the lines it got. */
export function keepingLogger(): Logger & { readonly lines: [string, object, string][] } {
  const lines: [string, object, string][] = [];
  const at = (level: string) => (fields: object, message: string) => {
    lines.push([level, fields, message]);
  };
  const [debug, info, warn, error] = [at("debug"), at("info"), at("warn"), at("error")];
  return { lines, debug, info, warn, error };
}
