/** What the two sides have said of the messages of one lane, over all of their lives. */
export class Ledger {
  readonly #delivered = new Set<number>();
  readonly #accepted = new Set<number>();
  readonly #failed = new Map<number, string>();
  readonly #handledCounts = new Map<number, number>();

  /** Takes what a process has said: a word, the number of a message, and why it failed. */
  hear(word: string, number: number, why: string): void {
    if (word === "delivered") this.#delivered.add(number);
    else if (word === "accepted") this.#accepted.add(number);
    else if (word === "failed") this.#failed.set(number, why);
    else if (word === "handled") this.#handledCounts.set(number, this.handledCount(number) + 1);
  }

  /** Messages whose sends have settled well. */
  get delivered(): ReadonlySet<number> {
    return this.#delivered;
  }

  /** Messages whose transactions have settled. */
  get accepted(): ReadonlySet<number> {
    return this.#accepted;
  }

  /** Messages whose sends have failed, and why: `CODE OUTCOME`. */
  get failed(): ReadonlyMap<number, string> {
    return this.#failed;
  }

  /** How many handlers have said that they are through with this message. */
  handledCount(number: number): number {
    return this.#handledCounts.get(number) ?? 0;
  }

  /** In words: how much there was, and what has to be borne. */
  summary(): string {
    const counts: Record<string, number> = {
      delivered: this.#delivered.size,
      accepted: this.#accepted.size,
      "handled again": [...this.#handledCounts.values()].filter((count) => count > 1).length,
    };
    for (const why of this.#failed.values()) counts[why] = (counts[why] ?? 0) + 1;
    const parts = Object.entries(counts).filter(([, count]) => count > 0);
    return parts.map(([what, count]) => `${count} ${what}`).join(", ");
  }
}
