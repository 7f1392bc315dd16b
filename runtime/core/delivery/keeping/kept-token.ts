import { RnpError } from "../../error.js";
import type { DeliveryToken, OutgoingMessage } from "../sending/outgoing.js";
import type { OutboxChannel } from "./outbox-channel.js";

/**
 * Waits for what becomes of one message of the outbox, and takes it out then. Its sender hears that it was not
 * delivered, or rejected, only when it is out for good: before, another process could still send it.
 */
export class KeptToken implements DeliveryToken {
  /** The message itself; set before it can come to its end. */
  message!: OutgoingMessage;
  readonly #channel: OutboxChannel;
  readonly #sender: DeliveryToken | undefined;
  /** Whether whoever waited has heard, or does not wait any more. */
  isTold = false;

  /** `sender`: who waits; `undefined`: nobody in this process. */
  constructor(channel: OutboxChannel, sender: DeliveryToken | undefined) {
    this.#channel = channel;
    this.#sender = sender;
  }

  settled(): void {
    this.#forget();
    if (this.isTold) return;
    this.isTold = true;
    this.#sender?.settled(undefined);
  }

  /** Whoever waited does not any more. */
  withdrawn(): void {
    this.isTold = true;
    this.#forget();
  }

  /** The time of whoever waits is over, and nobody knows yet what became of the message. */
  expired(): void {
    const { type } = this.message.type;
    const { peer } = this.#channel.key;
    const text = `${type}: its time is over, and the store has not said yet what became of it`;
    this.#tell(new RnpError("TIMEOUT", text, { outcome: "unknown", peer }));
  }

  /** It never was in the outbox, as far as `error` says. */
  notTaken(error: RnpError): void {
    this.#channel.notTaken();
    this.#tell(error);
  }

  failed(error: RnpError): void {
    const { outbox } = this.#channel;
    if (outbox.isStopped) return this.#tell(error.with({ outcome: "unknown" }));
    if (this.#sender === undefined) this.#tellUnawaited(error);
    if (error.outcome === "unknown") {
      this.#forget();
      return this.#tell(error);
    }
    this.#channel.forget(this.message.number).then(
      () => this.#tell(error),
      () => this.#tell(error.with({ outcome: "unknown" })),
    );
  }

  #tell(error: RnpError): void {
    if (this.isTold) return;
    this.isTold = true;
    this.#sender?.failed(error);
  }

  #forget(): void {
    this.#channel.forget(this.message.number).catch(() => {}); // Whoever has the store hears of it.
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
