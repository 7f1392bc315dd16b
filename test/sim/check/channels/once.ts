import type { Occurrence } from "../../world/occurrence.js";
import { ChannelChecker, type Run, Runs } from "./runs.js";

/** As the specification has it, of a message that is delivered. */
const ATTEMPT_COUNT_MAX = 5;

/** Whoever crashes and forgets: a second time is not risked. */
export class RunsOnce extends ChannelChecker {
  override readonly rule = "what is promised exactly once has no second effect, whoever restarts";

  protected override judge(occurrence: Occurrence): void {
    const run = this.runs.note(occurrence);
    if (run === undefined || occurrence.kind !== "run") return;
    const { call, promise, runs } = run.message;
    if (promise === "at-least-once") return;
    const earlier = runs.find((each) => each !== run && Runs.mayHaveActed(each));
    if (earlier === undefined) return;
    this.fail(`call ${call} runs in life ${run.life}, and did in life ${earlier.life}`);
  }
}

/** What comes again is told from what is new for as long as the receiver remembers. */
export class CopiesAreTold extends ChannelChecker {
  override readonly rule = "a copy of what was handled never runs while its receiver does";

  protected override judge(occurrence: Occurrence): void {
    const run = this.runs.note(occurrence);
    if (run?.place === undefined || occurrence.kind !== "run") return;
    const { call, runs } = run.message;
    // Where one side has forgotten, it may come anew in another epoch.
    const isCopy = (each: Run) => each.place?.epoch === run.place?.epoch;
    const isOver = (each: Run) =>
      each !== run && each.life === run.life && isCopy(each) && each.end?.isFinal !== false;
    if (runs.some(isOver)) this.fail(`call ${call} runs again in life ${run.life}`);
  }
}

/**
 * A message that is refused again and again, or lost, does not go round for ever. One in an outbox is tried until its
 * time is over.
 */
export class FewAttempts extends ChannelChecker {
  override readonly rule = "no more than five attempts are made";

  protected override judge(occurrence: Occurrence): void {
    const run = this.runs.note(occurrence);
    if (occurrence.kind === "copy") {
      const { call, connections, isKept } = this.runs.get(occurrence.call)!;
      if (!isKept && connections.size > ATTEMPT_COUNT_MAX) {
        this.fail(`call ${call} goes out by ${connections.size} connections`);
      }
    } else if (run?.message.isKept === false && run.message.runs.length > ATTEMPT_COUNT_MAX) {
      this.fail(`call ${run.message.call} runs ${run.message.runs.length} times`);
    }
  }
}
