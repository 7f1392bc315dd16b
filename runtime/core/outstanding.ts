import type { MessageType } from "../wire/message-type.js";
import { Deadlines } from "./deadlines.js";

/** A message of ours that waits for its answer or its acknowledgement. */
export interface Waiting {
  readonly id: string;
  readonly type: MessageType;
  readonly data: unknown;
  readonly awaits: "answer" | "acknowledgement";
  readonly sentAt: number;
  readonly timeoutMs: number;
}

/** The messages of one connection that wait for something, found by id, by natural key or by deadline. */
export class Outstanding {
  readonly #byId = new Map<string, Waiting>();
  /** How many requests wait for an answer of each type: most messages that come answer nothing. */
  readonly #awaitedCounts = new Map<string, number>();
  readonly #deadlines = new Deadlines<Waiting>((waiting) => this.#byId.get(waiting.id) === waiting);

  get size(): number {
    return this.#byId.size;
  }

  get nextDeadlineAt(): number | undefined {
    return this.#deadlines.nextAt;
  }

  add(waiting: Waiting): void {
    this.#byId.set(waiting.id, waiting);
    this.#deadlines.add(waiting.sentAt + waiting.timeoutMs, waiting);
    this.#countAwaited(waiting, 1);
  }

  get(id: string): Waiting | undefined {
    return this.#byId.get(id);
  }

  take(id: string): Waiting | undefined {
    const waiting = this.#byId.get(id);
    if (waiting === undefined) return undefined;
    this.#byId.delete(id);
    this.#countAwaited(waiting, -1);
    return waiting;
  }

  takeDue(now: number): Waiting | undefined {
    const due = this.#deadlines.takeDue(now);
    return due === undefined ? undefined : this.take(due.id);
  }

  takeAll(): Waiting[] {
    const all = [...this.#byId.values()];
    this.#byId.clear();
    this.#awaitedCounts.clear();
    return all;
  }

  /**
   * The oldest request that an answer without `reply_to` can belong to: its answer type is this one and
   * the pair's natural key agrees. For peers that know only the specification.
   */
  takeByNaturalKey(answerType: string, answer: Record<string, unknown>): Waiting | undefined {
    if (!this.#awaitedCounts.get(answerType)) return undefined;
    for (const waiting of this.#byId.values()) {
      if (answers(waiting, answerType, answer)) return this.take(waiting.id);
    }
    return undefined;
  }

  #countAwaited({ type, awaits }: Waiting, change: 1 | -1): void {
    if (awaits !== "answer" || type.answer === undefined) return;
    const { type: answerType } = type.answer;
    this.#awaitedCounts.set(answerType, (this.#awaitedCounts.get(answerType) ?? 0) + change);
  }
}

function answers(waiting: Waiting, answerType: string, answer: Record<string, unknown>): boolean {
  const { type, awaits, data } = waiting;
  if (awaits !== "answer" || type.answer?.type !== answerType || type.match.length === 0)
    return false;
  const request = data as Record<string, unknown>;
  return type.match.every(([ours, theirs]) => request[ours] === answer[theirs]);
}
