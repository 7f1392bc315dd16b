import { reconnectDelayMs } from "../core/backoff.js";
import { type RnpError, toRnpError } from "../core/error.js";
import { now } from "./clock.js";
import type { Link } from "./link.js";

export interface PoolOptions {
  /** Connections at most. */
  readonly sizeMax: number;
  /** A link on which nothing happened for so long is closed. */
  readonly idleTimeoutMs: number;
  /** `signal` aborts when the pool closes. */
  dial(signal: AbortSignal): Promise<Link>;
}

/**
 * The connections to one peer for one purpose, opened when they are needed. A message goes on the link
 * with the fewest messages in flight; while all are busy and there are fewer than `sizeMax`, one more is
 * dialled beside them.
 *
 * After a failed dial the next one waits (full jitter); until then whoever asks gets the same error at
 * once instead of a queue of dials against a peer that is not there.
 */
export class Pool {
  readonly #options: PoolOptions;
  readonly #links = new Set<Link>();
  #dialling: Promise<Link> | undefined;
  #failureCount = 0;
  #failed: { error: RnpError; until: number } | undefined;
  readonly #closing = new AbortController();
  readonly #sweep: NodeJS.Timeout;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#sweep = setInterval(() => this.#closeIdle(), options.idleTimeoutMs / 2).unref();
  }

  /** A link that is open. Throws the reason why there is none. */
  async acquire(): Promise<Link> {
    const best = this.#leastBusy();
    const isFull = this.#links.size >= this.#options.sizeMax;
    if (best === undefined) return this.#dial();
    if (best.inFlightCount > 0 && !isFull) this.#dial().catch(() => {}); // `best` serves meanwhile.
    return best;
  }

  /** Takes a link that was dialled elsewhere into the pool. */
  keep(link: Link): void {
    this.#links.add(link);
    void link.closed.then(() => this.#links.delete(link));
  }

  /** Says goodbye on every link; settles when all have closed. */
  async close(reason: string, drainMs: number): Promise<void> {
    this.#closing.abort();
    clearInterval(this.#sweep);
    await this.#dialling?.catch(() => {}); // Aborted just now, unless it was done.
    await Promise.all([...this.#links].map((link) => link.close(reason, drainMs)));
  }

  #leastBusy(): Link | undefined {
    let best: Link | undefined;
    for (const link of this.#links) {
      if (!link.isOpen) continue;
      if (best === undefined || link.inFlightCount < best.inFlightCount) best = link;
    }
    return best;
  }

  #dial(): Promise<Link> {
    if (this.#failed !== undefined && now() < this.#failed.until) {
      return Promise.reject(this.#failed.error);
    }
    this.#dialling ??= this.#dialOnce().finally(() => {
      this.#dialling = undefined;
    });
    return this.#dialling;
  }

  async #dialOnce(): Promise<Link> {
    try {
      const link = await this.#options.dial(this.#closing.signal);
      this.#failureCount = 0;
      this.#failed = undefined;
      this.keep(link);
      return link;
    } catch (thrown) {
      const error = toRnpError(thrown);
      this.#failureCount += 1;
      const until = now() + reconnectDelayMs(this.#failureCount, Math.random());
      this.#failed = { error, until };
      throw error;
    }
  }

  #closeIdle(): void {
    const idleSince = now() - this.#options.idleTimeoutMs;
    for (const link of this.#links) {
      if (link.inFlightCount === 0 && link.usedAt < idleSince)
        void link.close("idle", IDLE_DRAIN_MS);
    }
  }
}

const IDLE_DRAIN_MS = 5000;
