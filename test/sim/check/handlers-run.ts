import type { Occurrence } from "../world/occurrence.js";
import { Checker } from "./checker.js";

type Called = Extract<Occurrence, { kind: "call" }>;

/** A handler runs for what was sent to its node and for nothing else, and at most once; see `channels/`. */
export class RunsAtMostOnce extends Checker {
  override readonly rule = "a handler runs at most once, and only for a message that was sent";
  readonly #sent = new Map<number, Called>();
  readonly #ran = new Set<number>();

  protected override judge(occurrence: Occurrence): void {
    if (occurrence.kind === "call") this.#sent.set(occurrence.call, occurrence);
    else if (occurrence.kind === "run") {
      if (IN_CHANNELS.has(this.#sent.get(occurrence.call)?.verb)) return;
      if (this.#ran.has(occurrence.call)) this.fail(`call ${occurrence.call} ran twice`);
      this.#ran.add(occurrence.call);
    } else if (occurrence.kind === "arrived") {
      const { call, node, digest } = occurrence;
      const sent = this.#sent.get(call);
      if (sent?.to !== node) this.fail(`call ${call} was never sent to ${node}`);
      else if (sent.digest !== digest) this.fail(`call ${call}: ${sent.digest} became ${digest}`);
    }
  }
}

/** What was reported as not delivered has no effect, neither before nor later. */
export class NotDelivered extends Checker {
  override readonly rule = "what was not delivered is never handled";
  readonly #inChannels = new Set<number>();
  readonly #ran = new Set<number>();
  readonly #notDelivered = new Set<number>();

  protected override judge(occurrence: Occurrence): void {
    if (occurrence.kind === "call") {
      if (IN_CHANNELS.has(occurrence.verb)) this.#inChannels.add(occurrence.call);
    } else if (occurrence.kind === "run") {
      if (this.#inChannels.has(occurrence.call)) return;
      this.#ran.add(occurrence.call);
      if (this.#notDelivered.has(occurrence.call)) this.#failFor(occurrence.call);
    } else if (occurrence.kind === "settled" && occurrence.outcome === "not-delivered") {
      this.#notDelivered.add(occurrence.call);
      if (this.#ran.has(occurrence.call)) this.#failFor(occurrence.call);
    }
  }

  #failFor(call: number): void {
    this.fail(`call ${call} was reported as not delivered and was handled`);
  }
}

/** Who is told that a message was delivered can rely on it. */
export class Delivered extends Checker {
  override readonly rule = "what was delivered was handled, and is on disk where that was promised";
  readonly #verbs = new Map<number, string>();
  readonly #ran = new Set<number>();
  readonly #durable = new Set<number>();

  protected override judge(occurrence: Occurrence): void {
    if (occurrence.kind === "call") this.#verbs.set(occurrence.call, occurrence.verb);
    else if (occurrence.kind === "run") this.#ran.add(occurrence.call);
    else if (occurrence.kind === "durable") this.#durable.add(occurrence.call);
    else if (occurrence.kind === "kept") {
      // A process may have crashed before it heard that they are.
      for (const [call] of occurrence.effects) this.#durable.add(call);
    } else if (occurrence.kind === "settled" && occurrence.outcome === "delivered") {
      const { call } = occurrence;
      if (!this.#ran.has(call)) this.fail(`call ${call} was delivered, but not handled`);
      if (IS_KEPT.has(this.#verbs.get(call)) && !this.#durable.has(call)) {
        this.fail(`call ${call} was acknowledged before it was durable`);
      }
    }
  }
}

const IN_CHANNELS: ReadonlySet<string | undefined> = new Set(["deliver", "keep"]);
const IS_KEPT: ReadonlySet<string | undefined> = new Set(["acknowledged", "deliver"]);
