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

/**
 * The messages of one connection that wait for something, found by id, by natural key or by deadline.
 */
export class Outstanding {
  readonly #byId = new Map<string, Waiting>();
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
  }

  take(id: string): Waiting | undefined {
    const waiting = this.#byId.get(id);
    if (waiting !== undefined) this.#byId.delete(id);
    return waiting;
  }

  takeDue(now: number): Waiting | undefined {
    const due = this.#deadlines.takeDue(now);
    return due === undefined ? undefined : this.take(due.id);
  }

  takeAll(): Waiting[] {
    const all = [...this.#byId.values()];
    this.#byId.clear();
    return all;
  }

  /**
   * The oldest request that an answer without `reply_to` can belong to: its answer type is this one and
   * the pair's natural key agrees. For peers that know only the specification.
   */
  takeByNaturalKey(answerType: string, answer: Record<string, unknown>): Waiting | undefined {
    for (const waiting of this.#byId.values()) {
      if (waiting.awaits !== "answer" || waiting.type.answer?.type !== answerType) continue;
      const request = waiting.data as Record<string, unknown>;
      const { match } = waiting.type;
      if (match.length === 0 || match.some(([ours, theirs]) => request[ours] !== answer[theirs]))
        continue;
      return this.take(waiting.id);
    }
    return undefined;
  }
}
