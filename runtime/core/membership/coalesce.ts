import type { RowChange } from "./contract.js";
import { isSameFacts } from "./facts.js";
import { isLiving } from "./news.js";
import type { Row } from "./rows.js";

/** What happened to a member, for people. `restarted`: it lives, but not as the process that was known. */
export type ChangeKind =
  | "joined"
  | "suspected"
  | "recovered"
  | "died"
  | "left"
  | "restarted"
  | "returned"
  | "updated";

export interface SeenChange {
  readonly kind: ChangeKind;
  readonly node: string;
  /** What the listener was told last; `undefined`: nothing, or that it was gone long ago. */
  readonly before: Row | undefined;
  readonly after: Row;
}

/**
 * A suspicion is shown when it is this old. Most that are refuted are refuted within a round trip, and
 * nobody can act on them sooner.
 */
export const SETTLE_MS = 250;

/**
 * The changes that one listener has not seen yet: at most one for each member, the way from what this
 * listener saw last to what is true now. What came and went in between is not shown. So a slow listener
 * loses only what is no longer true, and what waits never exceeds the members that are known or were seen.
 */
export class ChangeQueue {
  /** In the order in which they became worth showing. */
  readonly #ready = new Map<string, SeenChange>();
  /** Suspicions that may still be refuted, in the order of time. */
  readonly #settling = new Map<string, SeenChange & { readonly dueAt: number }>();
  /** Members that came and went unseen. Until the table forgets them they were never there. */
  readonly #unseen = new Set<string>();
  readonly #settleMs: number;

  constructor(settleMs: number = SETTLE_MS) {
    this.#settleMs = settleMs;
  }

  push(now: number, { node, before, after }: RowChange): void {
    const waiting = this.#ready.get(node) ?? this.#settling.get(node);
    if (after === undefined) {
      // Its end, if it waits, is news all the same.
      this.#unseen.delete(node);
      return;
    }
    const seen = this.#unseen.has(node)
      ? undefined
      : waiting === undefined
        ? before
        : waiting.before;
    this.#put(now, node, seen, after);
  }

  /** The next change to show; `undefined`: none yet. */
  take(now: number): SeenChange | undefined {
    this.#settle(now);
    for (const [node, change] of this.#ready) {
      this.#ready.delete(node);
      return change;
    }
    return undefined;
  }

  /** When `take` gives something: `-Infinity` at once, `Infinity` never as it stands. */
  get wakeAt(): number {
    if (this.#ready.size > 0) return Number.NEGATIVE_INFINITY;
    for (const { dueAt } of this.#settling.values()) return dueAt;
    return Number.POSITIVE_INFINITY;
  }

  /** Of how many members anything is kept. */
  get size(): number {
    return this.#ready.size + this.#settling.size + this.#unseen.size;
  }

  #put(now: number, node: string, before: Row | undefined, after: Row): void {
    const kind = changeKind(before, after);
    const settling = this.#settling.get(node);
    if (kind !== "suspected") this.#settling.delete(node);
    if (kind === undefined) this.#ready.delete(node);
    this.#noteUnseen(node, before, after);
    if (kind === undefined) return;
    const change = { kind, node, before, after };
    // What was to be shown at once stays so, and keeps its place.
    if (kind !== "suspected" || this.#ready.has(node)) this.#ready.set(node, change);
    else this.#settling.set(node, { ...change, dueAt: settling?.dueAt ?? now + this.#settleMs });
  }

  #noteUnseen(node: string, before: Row | undefined, after: Row): void {
    if (before === undefined && !isLiving(after.state)) this.#unseen.add(node);
    else this.#unseen.delete(node);
  }

  #settle(now: number): void {
    for (const [node, { dueAt, ...change }] of this.#settling) {
      if (now < dueAt) return;
      this.#settling.delete(node);
      this.#ready.set(node, change);
    }
  }
}

/** What leads from one row to the other; `undefined`: nothing that concerns people. */
export function changeKind(before: Row | undefined, after: Row): ChangeKind | undefined {
  if (before === undefined) return isLiving(after.state) ? "joined" : undefined;
  if (!isLiving(after.state)) return before.state === after.state ? undefined : endKind(after);
  if (!isLiving(before.state)) return "returned";
  // What tells nothing of its process is 0, and learning of it is no restart.
  if (after.epoch > before.epoch && before.epoch > 0) return "restarted";
  if (before.state !== after.state) return after.state === "suspect" ? "suspected" : "recovered";
  const isSame = before.role === after.role && isSameFacts(before.facts, after.facts);
  return isSame ? undefined : "updated";
}

function endKind({ state }: Row): ChangeKind {
  return state === "left" ? "left" : "died";
}
