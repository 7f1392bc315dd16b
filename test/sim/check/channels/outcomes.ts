import type { Occurrence } from "../../world/occurrence.js";
import { ChannelChecker, Runs } from "./runs.js";

/** Who is told that a message was delivered can rely on it. */
export class DeliveredInChannel extends ChannelChecker {
  override readonly rule = "what was delivered in a channel was handled before";

  protected override judge(occurrence: Occurrence): void {
    this.runs.note(occurrence);
    if (occurrence.kind !== "settled" || occurrence.outcome !== "delivered") return;
    const message = this.runs.get(occurrence.call);
    if (message === undefined || message.runs.some(({ end }) => end?.well === true)) return;
    this.fail(`call ${message.call} was delivered, and no handler of it has come to a good end`);
  }
}

/** What was reported as not delivered, or as rejected, has no effect, neither before nor later. */
export class WithoutEffect extends ChannelChecker {
  override readonly rule = "what was not delivered in a channel, or rejected, never has an effect";

  readonly #setBack = new Set<string>();

  protected override judge(occurrence: Occurrence): void {
    this.runs.note(occurrence);
    if (occurrence.kind === "disk" && occurrence.event === "rolled-back") {
      this.#setBack.add(occurrence.node);
    }
    if (occurrence.kind !== "over") return;
    for (const { call, from, isKept, runs, settled } of this.runs.all) {
      const { outcome } = settled ?? {};
      if (outcome !== "not-delivered" && outcome !== "rejected") continue;
      // What was out of an outbox comes back with an older copy of it.
      if (isKept && this.#setBack.has(from)) continue;
      if (runs.some(Runs.mayHaveActed)) this.fail(`call ${call} was ${outcome}, and was handled`);
    }
  }
}
