import type { Occurrence } from "../world/occurrence.js";
import { Checker } from "./checker.js";

/** An answer is the one that the handler of this very request gave. */
export class AnswersMatch extends Checker {
  override readonly rule = "an answer is what the handler of this request answered";
  readonly #given = new Map<number, string>();

  protected override judge(occurrence: Occurrence): void {
    if (occurrence.kind === "answered") this.#given.set(occurrence.call, occurrence.digest);
    else if (occurrence.kind === "settled" && occurrence.by === "answer") {
      const { call, digest } = occurrence;
      const given = this.#given.get(call);
      if (given !== digest) this.fail(`call ${call} was answered ${given}, and got ${digest}`);
    }
  }
}
