import type { Occurrence, Verb } from "../world/occurrence.js";
import { Checker } from "./checker.js";

type Called = Extract<Occurrence, { kind: "call" }>;

/** Timers are set in whole milliseconds. */
const LATE_MS_MAX = 1;

const IS_AWAITED: ReadonlySet<Verb> = new Set<Verb>([
  ...(["acknowledged", "request", "stream", "deliver"] as const),
]);

/** Every call of a process that lives is settled exactly once, and by its deadline. */
export class SettlesOnce extends Checker {
  override readonly rule = "every awaited call settles once and in time";
  readonly #waiting = new Map<number, Called>();
  readonly #settled = new Set<number>();
  readonly #pausedUntil = new Map<string, number>();

  protected override judge(occurrence: Occurrence, at: number): void {
    if (occurrence.kind === "call") this.#called(occurrence);
    else if (occurrence.kind === "settled") this.#settle(occurrence.call, at);
    else if (occurrence.kind === "paused") {
      this.#pausedUntil.set(occurrence.node, occurrence.until);
    } else if (occurrence.kind === "crashed") this.#forget(occurrence.node);
    else if (occurrence.kind === "left") this.#left(occurrence.node);
    else if (occurrence.kind === "phase" && occurrence.name === "closing") {
      for (const { call, verb } of this.#waiting.values()) {
        this.fail(`call ${call} (${verb}) was never settled`);
      }
    }
  }

  #called(called: Called): void {
    if (IS_AWAITED.has(called.verb)) this.#waiting.set(called.call, called);
  }

  #settle(call: number, at: number): void {
    const called = this.#waiting.get(call);
    if (this.#settled.has(call)) this.fail(`call ${call} was settled twice`);
    this.#settled.add(call);
    if (called === undefined) return;
    this.#waiting.delete(call);
    const { deadline = Number.POSITIVE_INFINITY, node } = called;
    const due = Math.max(deadline, this.#pausedUntil.get(node) ?? 0) + LATE_MS_MAX;
    if (at > due) this.fail(`call ${call} was settled ${at - due} ms late`);
  }

  #left(node: string): void {
    for (const { call, verb, node: caller } of this.#waiting.values()) {
      if (caller === node) this.fail(`${node} left before call ${call} (${verb}) was settled`);
    }
    this.#forget(node);
  }

  #forget(node: string): void {
    for (const [call, called] of this.#waiting)
      if (called.node === node) this.#waiting.delete(call);
  }
}
