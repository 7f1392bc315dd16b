/** What the two sides have said of all messages, over all of their lives. */
export class Ledger {
  readonly #delivered = new Set<number>();
  readonly #failed = new Map<number, string>();
  readonly #handledCounts = new Map<number, number>();

  /** Takes a line that a process has printed. */
  hear(line: string): void {
    const [word, digits, ...rest] = line.split(" ");
    const number = Number(digits);
    if (word === "delivered") this.#delivered.add(number);
    else if (word === "failed") this.#failed.set(number, rest.join(" "));
    else if (word === "handled") this.#handledCounts.set(number, this.#handledCount(number) + 1);
  }

  get deliveredCount(): number {
    return this.#delivered.size;
  }

  /** Each promise of at-least-once that was broken. */
  faults(): string[] {
    const lost = [...this.#delivered].filter((number) => this.#handledCount(number) === 0);
    const denied = [...this.#failed.keys()].filter((number) => this.#isDeniedWrongly(number));
    return [
      ...lost.map((number) => `${number} was reported as delivered, and has not been handled`),
      ...denied.map((number) => `${number} was ${this.#failed.get(number)}, and has been handled`),
    ];
  }

  /** In words, with what must be borne: messages that were handled twice, and those that failed. */
  summary(): string {
    const repeated = [...this.#handledCounts.values()].filter((count) => count > 1).length;
    const failures: Record<string, number> = {};
    for (const why of this.#failed.values()) failures[why] = (failures[why] ?? 0) + 1;
    const failed = Object.entries(failures).map(([why, count]) => `, ${count} failed: ${why}`);
    return `${this.deliveredCount} delivered, ${repeated} handled again${failed.join("")}`;
  }

  /** No handler has seen what is `not-delivered`, and none of ours refuses anything. */
  #isDeniedWrongly(number: number): boolean {
    return !this.#failed.get(number)?.endsWith("unknown") && this.#handledCount(number) > 0;
  }

  #handledCount(number: number): number {
    return this.#handledCounts.get(number) ?? 0;
  }
}
