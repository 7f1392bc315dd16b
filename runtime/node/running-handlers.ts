import type { InboundMessage } from "../core/inbound.js";
import { now } from "../net/clock.js";
import { Wakeup } from "../net/wakeup.js";
import type { MessageContext, Origin } from "./handler-context.js";

/**
 * The messages whose handlers have returned a promise that has not settled. One timer serves them all:
 * handlers settle long before their deadlines as a rule, so it looks through them seldom.
 */
export class RunningHandlers {
  readonly #byOrigin = new Map<Origin, Map<InboundMessage, MessageContext>>();
  readonly #wakeup = new Wakeup(() => this.#lookThrough());
  readonly #onExpired: (context: MessageContext) => void;

  /** `onExpired` is told of each that has not settled at its `expiresAt`; it is no longer in here then. */
  constructor(onExpired: (context: MessageContext) => void) {
    this.#onExpired = onExpired;
  }

  add(context: MessageContext): void {
    const { origin, message, expiresAt } = context;
    let running = this.#byOrigin.get(origin);
    if (running === undefined) {
      running = new Map();
      this.#byOrigin.set(origin, running);
    }
    running.set(message, context);
    this.#wakeup.at(expiresAt);
  }

  /** Moves the expiry of one that is in here, unless it is earlier already. */
  expireBy(context: MessageContext, time: number): void {
    context.expiresAt = Math.min(context.expiresAt, time);
    this.#wakeup.at(context.expiresAt);
  }

  /** `false`: it is not here any more, and what becomes of it is nobody's concern. */
  remove({ origin, message }: MessageContext): boolean {
    const running = this.#byOrigin.get(origin);
    if (running?.delete(message) !== true) return false;
    // What has a place in a channel may outlive its connection, and nobody comes for the rest.
    if (running.size === 0 && message.channel !== undefined) this.#byOrigin.delete(origin);
    return true;
  }

  get(origin: Origin, message: InboundMessage): MessageContext | undefined {
    return this.#byOrigin.get(origin)?.get(message);
  }

  /** Takes out all that came by a connection which is gone, but what has a place in a channel. */
  takeUnplaced(origin: Origin): MessageContext[] {
    const running = [...(this.#byOrigin.get(origin)?.values() ?? [])];
    const unplaced = running.filter(({ message }) => message.channel === undefined);
    for (const context of unplaced) this.remove(context);
    if (unplaced.length === running.length) this.#byOrigin.delete(origin);
    if (this.#byOrigin.size === 0) this.#wakeup.cancel();
    return unplaced;
  }

  /** Takes out all. */
  takeAll(): MessageContext[] {
    const all = [...this.#byOrigin.values()].flatMap((running) => [...running.values()]);
    this.#byOrigin.clear();
    this.#wakeup.cancel();
    return all;
  }

  #lookThrough(): void {
    const time = now();
    let nextAt = Number.POSITIVE_INFINITY;
    for (const running of this.#byOrigin.values()) {
      for (const context of running.values()) {
        if (context.expiresAt <= time) this.#expire(context);
        else nextAt = Math.min(nextAt, context.expiresAt);
      }
    }
    if (nextAt < Number.POSITIVE_INFINITY) {
      this.#wakeup.at(Math.max(nextAt, time + LOOK_INTERVAL_MS));
    }
  }

  #expire(context: MessageContext): void {
    this.remove(context);
    this.#onExpired(context);
  }
}

/** Deadlines are kept this exactly; a peer must not have us look through all for each of many of its own. */
const LOOK_INTERVAL_MS = 5;
