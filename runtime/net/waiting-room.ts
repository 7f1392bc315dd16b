import { RnpError } from "../core/error.js";
import { cancelled } from "./awaiter.js";
import type { Link } from "./link.js";

/** Until when, and for whom, a connection is waited for. */
export interface ConnectPatience {
  /** Default: as long as connecting takes. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

interface Waiting {
  start(link: Link): void;
  fail(error: RnpError): void;
}

/** Those who wait for a connection to one peer. They are let in together, in the order in which they came. */
export class WaitingRoom {
  readonly #peer: string;
  readonly #waiting = new Set<Waiting>();

  constructor(peer: string) {
    this.#peer = peer;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /**
   * Settles as `start` does, which is called with the link once there is one.
   *
   * @param lastError why there is none yet, for whoever loses patience
   * @throws RnpError `TIMEOUT` or `CANCELLED`, both with the outcome `not-delivered`; what `turnAway` is
   *   given; `BACKPRESSURE` at once where `WAITING_COUNT_MAX` wait already
   */
  wait<Result>(
    { timeoutMs, signal }: ConnectPatience,
    start: (link: Link) => Result | Promise<Result>,
    lastError: () => RnpError | undefined,
  ): Promise<Result> {
    if (this.size >= WAITING_COUNT_MAX) return Promise.reject(this.#full());
    return new Promise((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        this.#waiting.delete(waiting);
      };
      const waiting: Waiting = {
        start: (link) => {
          leave();
          try {
            resolve(start(link));
          } catch (thrown) {
            reject(thrown);
          }
        },
        fail: (error) => {
          leave();
          reject(error);
        },
      };
      const onAbort = () => waiting.fail(cancelled(signal?.reason, "not-delivered"));
      const onTimeout = () => waiting.fail(this.#timedOut(timeoutMs!, lastError()));
      const timer = timeoutMs === undefined ? undefined : setTimeout(onTimeout, timeoutMs);
      signal?.addEventListener("abort", onAbort, { once: true });
      this.#waiting.add(waiting);
      if (signal?.aborted) onAbort();
    });
  }

  /** Starts all who wait, on `link`. */
  admit(link: Link): void {
    for (const waiting of this.#waiting) waiting.start(link);
  }

  turnAway(error: RnpError): void {
    for (const waiting of this.#waiting) waiting.fail(error);
  }

  #timedOut(timeoutMs: number, cause: RnpError | undefined): RnpError {
    const why = cause === undefined ? "" : `; the last attempt: ${cause.reason}`;
    const text = `connecting to ${this.#peer} took longer than ${Math.round(timeoutMs)} ms${why}`;
    const details = { timeout_ms: Math.max(0, Math.ceil(timeoutMs)) };
    return new RnpError("TIMEOUT", text, { details, peer: this.#peer, cause });
  }

  #full(): RnpError {
    const details = { queued_messages: this.size, limit_messages: WAITING_COUNT_MAX };
    const text = `${this.size} messages wait for a connection to ${this.#peer} already`;
    return new RnpError("BACKPRESSURE", text, { details, peer: this.#peer });
  }
}

/** Enough for any burst while a handshake is under way; each holds its data. */
const WAITING_COUNT_MAX = 10_000;
