import type { Queued } from "../core/delivery/receiving/order-gate.js";
import type { InboundMessage } from "../core/inbound.js";
import type { Origin } from "./handler-context.js";

/** A message that waits for those before it in its channel. */
export class QueuedMessage implements Queued {
  readonly origin: Origin;
  readonly message: InboundMessage;

  constructor(origin: Origin, message: InboundMessage) {
    this.origin = origin;
    this.message = message;
  }

  get seq(): number {
    return this.message.seq;
  }

  drop(): void {
    this.origin.drop(this.message);
    this.message.giveBack();
  }
}
