import type { Occurrence } from "../../world/occurrence.js";
import { ChannelChecker, type Run } from "./runs.js";

/** What one life of a receiver has had of one channel of one sender. */
interface Lane {
  /** The last that began. */
  last: Run | undefined;
}

/**
 * Messages of ordered types begin in the order in which their sender gave them, each when the one before has come
 * to its end, by whatever connections they come.
 */
export class ChannelOrder extends ChannelChecker {
  override readonly rule = "a channel is handled in order, one message after the other";
  readonly #lanes = new Map<string, Lane>();

  protected override judge(occurrence: Occurrence): void {
    const run = this.runs.note(occurrence);
    if (run?.place === undefined || occurrence.kind !== "run") return;
    const { message, life } = run;
    if (!message.isOrdered) return;
    const name = `${message.from} ${message.channel} ${message.to} ${life}`;
    const lane = this.#lanes.get(name) ?? { last: undefined };
    this.#lanes.set(name, lane);
    const { last } = lane;
    lane.last = run;
    if (last !== undefined) this.#compare(last, run);
  }

  #compare(last: Run, run: Run): void {
    const [before, { call }] = [last.message, run.message];
    if (last.end === undefined) {
      return this.fail(`call ${call} begins while ${before.call} is being handled`);
    }
    const isAnother = before.life !== run.message.life || last.place!.epoch !== run.place!.epoch;
    if (isAnother || call > before.call) return;
    if (call < before.call) return this.fail(`call ${call} begins after ${before.call}`);
    if (last.end.isFinal) this.fail(`call ${call} begins again`);
  }
}

/** A process that is gone, or that does not know it, changes nothing that its successor has begun. */
export class Fenced extends ChannelChecker {
  override readonly rule =
    "once a later life of a sender has begun a channel, no earlier one is heard";
  readonly #latest = new Map<string, { readonly life: number; readonly epoch: number }>();

  protected override judge(occurrence: Occurrence): void {
    this.runs.note(occurrence);
    if (occurrence.kind !== "arrived") return;
    const message = this.runs.get(occurrence.call);
    if (message === undefined || occurrence.place === undefined) return;
    const { call, from, to, channel } = message;
    const life = this.runs.lifeOn(occurrence.connection, from);
    const name = `${from} ${channel} ${to} ${this.runs.lifeOf(to)}`;
    const { epoch } = occurrence.place;
    const latest = this.#latest.get(name) ?? { life, epoch };
    // The lives of an outbox go on in the epoch of those before, and one message is the same in all.
    if (life < latest.life && epoch !== latest.epoch) {
      this.fail(`call ${call} of life ${life} comes after those of ${latest.life}`);
    }
    if (life >= latest.life) this.#latest.set(name, { life, epoch });
  }
}
