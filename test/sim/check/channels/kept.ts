import type { Occurrence } from "../../world/occurrence.js";
import { ChannelChecker, type Message } from "./runs.js";

type Of<Kind extends Occurrence["kind"]> = Extract<Occurrence, { kind: Kind }>;

/** Effect and record are one: however often either side crashes, a disk has the effect of a message once. */
export class EffectsOnce extends ChannelChecker {
  override readonly rule = "what is promised exactly once has one effect on a disk";

  protected override judge(occurrence: Occurrence): void {
    this.runs.note(occurrence);
    if (occurrence.kind !== "kept") return;
    const seen = new Set<number>();
    for (const [call] of occurrence.effects) {
      const isOnce = this.runs.get(call)?.promise === "exactly-once";
      if (isOnce && seen.has(call)) this.fail(`${occurrence.node} has two effects of call ${call}`);
      seen.add(call);
    }
  }
}

/** What an outbox has taken comes to an end that somebody is told of. */
export class NothingLost extends ChannelChecker {
  override readonly rule = "what is in an outbox is handled, reported or still there";
  /** By sender: what it has accepted, and may not lose. */
  readonly #accepted = new Map<string, Set<number>>();
  readonly #told = new Set<number>();
  /** Who could not take what has to be durable, at one time or another. */
  readonly #lacking = new Set<string>();

  protected override judge(occurrence: Occurrence, at: number): void {
    this.runs.note(occurrence);
    switch (occurrence.kind) {
      case "announced":
        if (!occurrence.isDurable) this.#lacking.add(occurrence.node);
        return;
      case "accepted":
        this.#of(occurrence.node).add(occurrence.call);
        return;
      case "settled":
      case "undelivered":
        this.#told.add(occurrence.call);
        return;
      case "disk":
        // What it had is lost, or may come to its end once more.
        if (occurrence.event !== "failed") this.#accepted.delete(occurrence.node);
        return;
      case "kept":
        for (const call of occurrence.outbox) this.#of(occurrence.node).add(call);
        for (const call of this.#of(occurrence.node)) this.#judgeKept(call, occurrence.outbox, at);
    }
  }

  #of(node: string): Set<number> {
    const accepted = this.#accepted.get(node) ?? new Set();
    this.#accepted.set(node, accepted);
    return accepted;
  }

  #judgeKept(call: number, outbox: readonly number[], at: number): void {
    const { runs, deadline, isAwaited, from, to } = this.runs.get(call)!;
    const isHandled = runs.some(({ end }) => end?.isFinal === true);
    // Whoever waited for it may have crashed before it could be told that it was given up.
    const isLacking = this.#lacking.has(from) || this.#lacking.has(to);
    const isRefused = isLacking || runs.some(({ end }) => end !== undefined);
    const isGivenUp = at > deadline || (isAwaited && isRefused);
    if (isHandled || isGivenUp || this.#told.has(call) || outbox.includes(call)) return;
    this.fail(`call ${call} was in the outbox, and is not any more`);
  }
}

/** What a handler does and what it sends are one: both, or neither. */
export class Together extends ChannelChecker {
  override readonly rule = "what a handler sends is in the outbox just when its effect is there";
  /** Calls by the effect that they were committed with. */
  readonly #calls = new Map<number, Message[]>();

  protected override judge(occurrence: Occurrence): void {
    this.runs.note(occurrence);
    if (occurrence.kind === "call") this.#called(occurrence);
    else if (occurrence.kind === "copy") this.#left(occurrence);
    else if (occurrence.kind === "kept") this.#found(occurrence);
  }

  #called({ call, cause }: Of<"call">): void {
    if (cause === undefined) return;
    const others = this.#calls.get(cause) ?? [];
    this.#calls.set(cause, [...others, this.runs.get(call)!]);
  }

  #left({ call }: Of<"copy">): void {
    const { cause } = this.runs.get(call)!;
    if (cause === undefined || this.runs.effect(cause)?.state !== "pending") return;
    this.fail(`call ${call} leaves before effect ${cause} is durable`);
  }

  #found({ node, effects, outbox }: Of<"kept">): void {
    const found = new Set(effects.map(([, effect]) => effect));
    for (const call of outbox) {
      const cause = this.runs.get(call)?.cause;
      if (cause === undefined || found.has(cause)) continue;
      this.fail(`${node} has call ${call} in its outbox without effect ${cause}`);
    }
  }
}

/** Whoever sends, and however often it was started again: a number is one message. */
export class OnePlace extends ChannelChecker {
  override readonly rule = "no two messages ever have the same place of an epoch";
  readonly #places = new Map<string, number>();
  readonly #setBack = new Set<string>();

  protected override judge(occurrence: Occurrence): void {
    this.runs.note(occurrence);
    if (occurrence.kind === "disk" && occurrence.event !== "failed") {
      this.#setBack.add(occurrence.node);
    } else if (occurrence.kind === "copy") this.#left(occurrence);
  }

  #left({ node, to, channel, epoch, seq, call }: Of<"copy">): void {
    if (this.#setBack.has(node)) return;
    const place = `${node} ${to} ${channel} ${epoch} ${seq}`;
    const other = this.#places.get(place) ?? call;
    if (other !== call) this.fail(`call ${call} is ${seq} of ${channel}, which was ${other}`);
    this.#places.set(place, call);
  }
}

/** Who is told that a store has forgotten gives up what was promised: that is told of no store that has not. */
export class NoFalseAlarm extends ChannelChecker {
  override readonly rule = "only a store that was lost or set back is reported as that";
  readonly #setBack = new Set<string>();

  protected override judge(occurrence: Occurrence): void {
    this.runs.note(occurrence);
    if (occurrence.kind === "disk" && occurrence.event !== "failed") {
      this.#setBack.add(occurrence.node);
    } else if (occurrence.kind === "forgotten") {
      const { node, peer, channel, by } = occurrence;
      if (this.#setBack.has(node) || this.#setBack.has(peer)) return;
      this.fail(`${node} says that the ${by} of ${channel} has forgotten, to ${peer}`);
    }
  }
}
