/** How many connections a node has, in all and whoever dialled, against how many it may have. */
export class ConnectionBudget {
  readonly #countMax: number;
  #dialledCount = 0;
  #acceptedCount = 0;
  #onDialled: (acceptedCountMax: number) => void = () => {};

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  /** Whether there may be no further connection. */
  get isSpent(): boolean {
    return this.#dialledCount + this.#acceptedCount >= this.#countMax;
  }

  /** Counts a connection that this node dials, until `release` is called. */
  dialled(): { release(): void } {
    this.#changeDialled(1);
    return { release: () => this.#changeDialled(-1) };
  }

  /** Counts a connection that somebody else dialled, until `release` is called. */
  accepted(): { release(): void } {
    this.#acceptedCount += 1;
    return {
      release: () => {
        this.#acceptedCount -= 1;
      },
    };
  }

  /** Tells `listener` now, and whenever it changes, how many connections may be accepted in all. */
  onRoomToAccept(listener: (acceptedCountMax: number) => void): void {
    this.#onDialled = listener;
    this.#changeDialled(0);
  }

  #changeDialled(by: number): void {
    this.#dialledCount += by;
    this.#onDialled(Math.max(0, this.#countMax - this.#dialledCount));
  }
}
