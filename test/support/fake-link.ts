import type { SendChannel } from "../../runtime/core/delivery/sending/send-channel.js";
import type { RnpError } from "../../runtime/core/error.js";
import type { ItemSink, StreamControls } from "../../runtime/net/item-stream.js";
import type { Link } from "../../runtime/net/link.js";
import type { MessageType } from "../../runtime/wire/message-type.js";

/** A link that keeps what it is given to carry, and is as busy as a test says. */
export class FakeLink {
  isOpen = true;
  /** Whether its peer knows channels. */
  delivers = false;
  /** The channels that are on it. */
  readonly channels: SendChannel[] = [];
  inFlightCount = 0;
  queuedBytes = 0;
  /** The data of what was sent on it, in order. */
  readonly carried: unknown[] = [];
  #settleClosed!: () => void;
  readonly closed = new Promise<void>((resolve) => {
    this.#settleClosed = resolve;
  });

  /** Itself, to those who take a link. */
  get link(): Link {
    return this as unknown as Link;
  }

  async request(_: MessageType, data: unknown): Promise<unknown> {
    this.carried.push(data);
    return { answerTo: data };
  }

  async send(_: MessageType, data: unknown): Promise<void> {
    this.carried.push(data);
  }

  async sendForAck(_: MessageType, data: unknown): Promise<void> {
    this.carried.push(data);
  }

  carry(channel: SendChannel): void {
    this.channels.push(channel);
    const transmit = (_: MessageType, data: unknown) => this.carried.push(data);
    channel.attach(0, { hasRoom: true, transmit, awaitRoom() {} }, undefined, "1");
  }

  /** Breaks off, as links do: their channels are told first. */
  break(error: RnpError): void {
    this.isOpen = false;
    for (const channel of this.channels.splice(0)) channel.detach(0, error);
    this.#settleClosed();
  }

  post(_: MessageType, data: unknown): boolean {
    this.carried.push(data);
    return this.queuedBytes === 0;
  }

  /** A stream that ends at once. */
  openStream(_: MessageType, data: unknown, __: object, sink: ItemSink): StreamControls {
    this.carried.push(data);
    sink.end(undefined);
    return { grant() {}, cancel() {} };
  }

  async drained(): Promise<void> {
    this.queuedBytes = 0;
  }

  async close(): Promise<void> {
    this.isOpen = false;
    this.#settleClosed();
  }
}
