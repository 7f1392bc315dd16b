export interface RepeatOptions {
  readonly intervalMs: number;
  readonly action: () => Promise<void> | void;
  /** Whatever the action throws comes here; the next turn is taken all the same. */
  readonly onError: (error: unknown) => void;
}

/** Does something at intervals, the first time at once, and never twice at a time. */
export class Repeat {
  readonly #options: RepeatOptions;
  readonly #timer: NodeJS.Timeout;
  #underway: Promise<void> | undefined;
  #isWantedAgain = false;
  #isClosed = false;

  constructor(options: RepeatOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.#begin(), options.intervalMs);
    this.#begin();
  }

  /** Does it now; where it is being done already, once more afterwards. */
  soon(): void {
    if (this.#underway === undefined) this.#begin();
    else this.#isWantedAgain = true;
  }

  /** Ends the repetition and waits for the turn that is being taken. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearInterval(this.#timer);
    await this.#underway;
  }

  #begin(): void {
    if (this.#isClosed || this.#underway !== undefined) return;
    this.#underway = this.#take().finally(() => {
      this.#underway = undefined;
      if (!this.#isWantedAgain) return;
      this.#isWantedAgain = false;
      this.#begin();
    });
  }

  async #take(): Promise<void> {
    try {
      await this.#options.action();
    } catch (error) {
      this.#options.onError(error);
    }
  }
}
