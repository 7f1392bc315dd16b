import type { MessageType } from "../wire/message-type.js";
import { Deadlines } from "./deadlines.js";
import type { MessageKey } from "./message-ids.js";

/** A message of ours for which something is to come back. */
export interface Waiting {
  readonly key: MessageKey;
  /** Where it may wait so long that a billion later messages make its key ambiguous: of a stream. */
  readonly id: string | undefined;
  readonly type: MessageType;
  readonly data: unknown;
  readonly awaits: "answer" | "acknowledgement" | "end of the stream";
  readonly sentAt: number;
  /** Infinite for a stream without a deadline. */
  readonly timeoutMs: number;
  /** The shell's own: given back with every event about the message. */
  readonly token: unknown;
  /** Items of a stream that may still come. */
  itemCredit: number;
}

/** The messages of one connection that wait for something, found by key, by natural key or by deadline. */
export class Outstanding {
  readonly #byKey = new Map<MessageKey, Waiting>();
  /** How many requests wait for an answer of each type: most messages that come answer nothing. */
  readonly #awaitedCounts = new Map<string, { count: number }>();
  readonly #deadlines = new Deadlines<Waiting>((waiting) => this.has(waiting));

  get size(): number {
    return this.#byKey.size;
  }

  get nextDeadlineAt(): number | undefined {
    return this.#deadlines.nextAt;
  }

  add(waiting: Waiting): void {
    const { key, type, sentAt, timeoutMs } = waiting;
    this.#byKey.set(key, waiting);
    if (timeoutMs < Number.POSITIVE_INFINITY) this.#deadlines.add(sentAt + timeoutMs, waiting);
    if (type.answer !== undefined) this.#awaited(type.answer).count += 1;
  }

  has(waiting: Waiting): boolean {
    return this.#byKey.get(waiting.key) === waiting;
  }

  get(key: MessageKey): Waiting | undefined {
    return this.#byKey.get(key);
  }

  take(key: MessageKey): Waiting | undefined {
    const waiting = this.#byKey.get(key);
    if (waiting === undefined) return undefined;
    this.#byKey.delete(key);
    const { answer } = waiting.type;
    if (answer !== undefined) this.#awaited(answer).count -= 1;
    return waiting;
  }

  takeDue(now: number): Waiting | undefined {
    const due = this.#deadlines.takeDue(now);
    return due === undefined ? undefined : this.take(due.key);
  }

  takeAll(): Waiting[] {
    const all = [...this.#byKey.values()];
    this.#byKey.clear();
    this.#awaitedCounts.clear();
    return all;
  }

  /**
   * The oldest request that an answer without `reply_to` can belong to: its answer type is this one and
   * the pair's natural key agrees. For peers that know only the specification.
   */
  takeByNaturalKey(answerType: string, answer: Record<string, unknown>): Waiting | undefined {
    if (!this.#awaitedCounts.get(answerType)?.count) return undefined;
    for (const waiting of this.#byKey.values()) {
      if (answers(waiting, answerType, answer)) return this.take(waiting.key);
    }
    return undefined;
  }

  #awaited({ type }: MessageType): { count: number } {
    let awaited = this.#awaitedCounts.get(type);
    if (awaited === undefined) {
      awaited = { count: 0 };
      this.#awaitedCounts.set(type, awaited);
    }
    return awaited;
  }
}

function answers(waiting: Waiting, answerType: string, answer: Record<string, unknown>): boolean {
  const { type, awaits, data } = waiting;
  if (awaits !== "answer" || type.answer?.type !== answerType || type.match.length === 0)
    return false;
  const request = data as Record<string, unknown>;
  return type.match.every(([ours, theirs]) => request[ours] === answer[theirs]);
}
