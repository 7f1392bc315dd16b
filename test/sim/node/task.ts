import type { OrderGate, Queued } from "../../../runtime/core/delivery/receiving/order-gate.js";
import type { InboundMessage } from "../../../runtime/core/inbound.js";
import type { Timer } from "../world/event-queue.js";
import type { Place } from "../world/occurrence.js";
import type { SimLink } from "./sim-link.js";

/** A message that a handler has, or will have. */
export class Task implements Queued {
  readonly link: SimLink;
  readonly message: InboundMessage;
  readonly call: number;
  /** What it does next, and when it is given up. */
  step: Timer | undefined;
  expiry: Timer | undefined;
  /** The sender waits for nothing any more. */
  isUnwanted = false;
  /** Nothing would ever come of it. */
  isHanging = false;
  /** Of a stream: items to come, and those that went; it waits for room. */
  itemCount = 0;
  itemIndex = 0;
  isWaiting = false;
  readonly #onDropped: (task: Task) => void;

  constructor(
    link: SimLink,
    message: InboundMessage,
    call: number,
    onDropped: (task: Task) => void,
  ) {
    this.link = link;
    this.message = message;
    this.call = call;
    this.#onDropped = onDropped;
  }

  get seq(): number {
    return this.message.seq;
  }

  get gate(): OrderGate<Task> | undefined {
    return this.message.gate as OrderGate<Task> | undefined;
  }

  get place(): Place | undefined {
    const { channel, seq } = this.message;
    return channel && { channel: channel.name, epoch: channel.epoch, seq };
  }

  drop(): void {
    this.#onDropped(this);
  }
}
