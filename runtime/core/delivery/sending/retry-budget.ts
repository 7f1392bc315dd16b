/**
 * Bounds how much of the traffic to one peer may be retries, so that they cannot become the outage (gRFC A6):
 * each retryable failure costs one token of ten, each success returns a tenth of one, and with five or fewer
 * nothing is tried again. A lost connection is one failure, however many messages were on it.
 */
export class RetryBudget {
  #tokens = TOKENS_MAX;

  /** Whether what failed just now may be tried again. */
  get allowsRetry(): boolean {
    return this.#tokens > TOKENS_MAX / 2;
  }

  failed(): void {
    this.#tokens = Math.max(0, this.#tokens - 1);
  }

  succeeded(count: number): void {
    this.#tokens = Math.min(TOKENS_MAX, this.#tokens + count * TOKENS_PER_SUCCESS);
  }
}

const TOKENS_MAX = 10;
const TOKENS_PER_SUCCESS = 0.1;
