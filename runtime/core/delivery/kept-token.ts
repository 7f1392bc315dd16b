import type { RnpError } from "../error.js";
import type { OutboxChannel } from "./outbox-channel.js";
import type { DeliveryToken, OutgoingMessage } from "./outgoing.js";

/**
 * Waits for what becomes of one message of the outbox, and takes it out then. Its sender hears that it was not
 * delivered, or rejected, only when it is out for good: before, another process could still send it.
 */
export class KeptToken implements DeliveryToken {
  /** The message itself; set before it can come to its end. */
  message!: OutgoingMessage;
  readonly #channel: OutboxChannel;
  readonly #sender: DeliveryToken | undefined;

  /** `sender`: who waits; `undefined`: nobody in this process. */
  constructor(channel: OutboxChannel, sender: DeliveryToken | undefined) {
    this.#channel = channel;
    this.#sender = sender;
  }

  settled(): void {
    this.withdrawn();
    this.#sender?.settled(undefined);
  }

  /** Whoever waited does not any more. */
  withdrawn(): void {
    this.#channel.forget(this.message.number).catch(() => {}); // Whoever has the store hears of it.
  }

  /** It never was in the outbox, as far as `error` says. */
  notTaken(error: RnpError): void {
    this.#channel.notTaken();
    this.#sender?.failed(error);
  }

  failed(error: RnpError): void {
    const { outbox } = this.#channel;
    if (outbox.isStopped) return void this.#sender?.failed(error.with({ outcome: "unknown" }));
    if (this.#sender === undefined) this.#tellUnawaited(error);
    if (error.outcome === "unknown") {
      this.withdrawn();
      return void this.#sender?.failed(error);
    }
    this.#channel.forget(this.message.number).then(
      () => this.#sender?.failed(error),
      () => this.#sender?.failed(error.with({ outcome: "unknown" })),
    );
  }

  /**
   * Told before it is out of the store, so that a crash cannot keep it from being told; what another process could
   * still do about it is therefore open.
   */
  #tellUnawaited(error: RnpError): void {
    const { outbox, key } = this.#channel;
    outbox.undelivered(key, this.message, error.with({ outcome: "unknown" }));
  }
}
