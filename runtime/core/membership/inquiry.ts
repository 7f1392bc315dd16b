import type { Due } from "./due-queue.js";
import type { Life } from "./news.js";
import { Suspicion } from "./suspicion.js";
import type { MembershipTiming } from "./timing.js";

/** Whom an inquiry is about: one life of one member. */
export interface Subject extends Life {
  readonly node: string;
  /** How many times as long as the own timeline its heartbeats are apart; at least 1. See `watch.ts`. */
  readonly patience: number;
}

/** What happens at the points of an inquiry. */
export type Point = "ping" | "ask" | "conclude" | "suspect" | "report";

/** A point, and when it is reached, ms after the inquiry began. */
export interface TimelinePoint {
  readonly point: Point;
  readonly afterMs: number;
}

/**
 * The points in the order in which `timing` reaches them: by `specification` a member is suspected before
 * helpers are asked, by `lan` after. Of points that fall together the earlier in this list comes first.
 */
export function timelineOf(timing: MembershipTiming): readonly TimelinePoint[] {
  const { lateAfterMs } = timing;
  const points: TimelinePoint[] = [
    { point: "ping", afterMs: 0 },
    { point: "ask", afterMs: timing.indirectAfterMs - lateAfterMs },
    { point: "conclude", afterMs: timing.noAnswerAfterMs - lateAfterMs },
    { point: "suspect", afterMs: timing.suspectAfterMs - lateAfterMs },
    { point: "report", afterMs: timing.reportAfterMs - lateAfterMs },
  ];
  return points.sort((a, b) => a.afterMs - b.afterMs);
}

/**
 * One investigation of one life of one member: where it stands on its timeline, who was asked, and the
 * suspicion that may come of it. It knows when what is next; what that means is up to `Inquiries`.
 *
 * It may lack a timeline of its own, when others accuse a member whom this node does not watch, and it may
 * run through it again, when too few have accused the member for burying it.
 *
 *     silence, turn, lost connection ──ask──▶ ping ─ ask ─ conclude ─ suspect ─ report
 *     another's suspicion ──────────────────▶ suspicion ──▶ bury, as soon as nothing is being asked
 */
export class Inquiry implements Due {
  dueAt = Number.POSITIVE_INFINITY;
  queuedAt = Number.POSITIVE_INFINITY;
  queueIndex = -1;
  readonly subject: Subject;
  readonly suspicion = new Suspicion();
  readonly #timeline: readonly TimelinePoint[];
  /** What is believed of the member. */
  belief: "alive" | "suspect" | "dead" = "alive";
  /** What the others were told of it by this node. */
  told: "suspect" | "dead" | undefined;
  /** The open questions of this inquiry. */
  tokens: number[] = [];
  /** Helpers that have not answered. */
  silentHelpers: string[] = [];
  /** Helpers that have answered, whatever they said. */
  witnessCount = 0;
  /** Whether it was asked once more, since too few had answered. */
  isAskedAgain = false;
  pingsUnanswered = 0;
  /** The member's host answered that nobody listens there: it is not this node that is deaf. */
  isRefused = false;
  /** Since when it could be concluded and is held back. */
  heldSinceAt: number | undefined;
  #beganAt = 0;
  #stretch = 1;
  #reportDelayMs = 0;
  #next: number;
  #heldUntil = 0;
  #isConcluded = false;

  constructor(subject: Subject, timeline: readonly TimelinePoint[]) {
    this.subject = subject;
    this.#timeline = timeline;
    this.#next = timeline.length;
  }

  /** Begins to ask at `at`, with `stretch` times the timeline's patience, and reports later by a delay. */
  ask(at: number, stretch: number, reportDelayMs = 0): void {
    this.#beganAt = at;
    this.#stretch = stretch;
    this.#reportDelayMs = reportDelayMs;
    this.#next = 0;
    this.#heldUntil = 0;
    this.#isConcluded = false;
    this.isRefused = false;
    this.heldSinceAt = undefined;
    this.silentHelpers = [];
    this.witnessCount = 0;
    this.isAskedAgain = false;
  }

  /** Whether it is under way, or about to be. */
  get isAsking(): boolean {
    return !this.#isConcluded && this.#next < this.#timeline.length;
  }

  get isConcluded(): boolean {
    return this.#isConcluded;
  }

  /** Whether the others were to be told by now, going by the last time it asked. */
  get hasReported(): boolean {
    return this.#next === this.#timeline.length;
  }

  /** Whether all that was to come has come. */
  get isOver(): boolean {
    return this.belief === "dead" && this.#next === this.#timeline.length;
  }

  /** How long after `point` the inquiry is concluded, ms. */
  untilConcludedMs(point: Point): number {
    const after = (name: Point) => this.#timeline.find((each) => each.point === name)!.afterMs;
    return (after("conclude") - after(point)) * this.#stretch;
  }

  /** The step that is due at `at`, if any. A point stays due until `pass` or `hold`. */
  stepAt(at: number): Point | "bury" | undefined {
    const pointAt = this.#pointAt;
    const buryAt = this.#buryAt;
    if (Math.min(pointAt, buryAt) > at) return undefined;
    return pointAt <= buryAt ? this.#timeline[this.#next]!.point : "bury";
  }

  /** The point that was due has been dealt with. */
  pass(): void {
    this.#isConcluded ||= this.#timeline[this.#next]!.point === "conclude";
    this.#next += 1;
  }

  /** The point that was due has to wait. */
  hold(until: number): void {
    this.#heldUntil = until;
  }

  /** To be called after any change, before the queue is told. */
  settle(): void {
    this.dueAt = Math.min(this.#pointAt, this.#buryAt);
  }

  get #pointAt(): number {
    const next = this.#timeline[this.#next];
    if (next === undefined) return Number.POSITIVE_INFINITY;
    const delayMs = next.point === "report" ? this.#reportDelayMs : 0;
    return Math.max(this.#beganAt + next.afterMs * this.#stretch + delayMs, this.#heldUntil);
  }

  /** A member is never buried while it is being asked for a sign of life. */
  get #buryAt(): number {
    const canBury = this.belief === "suspect" && !this.isAsking;
    return canBury ? this.suspicion.dueAt : Number.POSITIVE_INFINITY;
  }
}
