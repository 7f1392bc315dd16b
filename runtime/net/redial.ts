import { reconnectDelayMs } from "../core/backoff.js";
import type { RnpError } from "../core/error.js";

interface Failure {
  readonly error: RnpError;
  /** When a call that somebody awaits may dial. */
  readonly awaitedDueAt: number;
  /** When anything else may. */
  readonly dueAt: number;
}

/**
 * When a peer that could not be reached may be dialled again. No clock: `now` comes in.
 *
 * Full jitter between nothing and a bound that doubles from 100 ms to 30 s. Who awaits an answer waits for a
 * second of it at most, so that the first call after a peer came back is not the victim of how long it was
 * away. What no waiting mends (a refused certificate, another version) is not tried for half a minute, by
 * nobody: until then whoever asks is told at once.
 */
export class Redial {
  #failureCount = 0;
  #failure: Failure | undefined;

  /** Why the last dial failed; `undefined` where none has since the last that succeeded. */
  get error(): RnpError | undefined {
    return this.#failure?.error;
  }

  /** Whether the last failure is one that no waiting mends. */
  get isTerminal(): boolean {
    return this.#failure !== undefined && isTerminal(this.#failure.error);
  }

  /** When the next dial may begin; `isAwaited`: for a call that somebody awaits. */
  dueAt(isAwaited: boolean): number {
    if (this.#failure === undefined) return Number.NEGATIVE_INFINITY;
    return isAwaited ? this.#failure.awaitedDueAt : this.#failure.dueAt;
  }

  /** `random` between 0 and 1. */
  failed(now: number, error: RnpError, random: number): void {
    this.#failureCount += 1;
    const delayMs = isTerminal(error)
      ? TERMINAL_PAUSE_MS
      : reconnectDelayMs(this.#failureCount, random);
    const awaitedDelayMs = isTerminal(error)
      ? TERMINAL_PAUSE_MS
      : Math.min(delayMs, random * AWAITED_DELAY_MAX_MS);
    this.#failure = { error, awaitedDueAt: now + awaitedDelayMs, dueAt: now + delayMs };
  }

  /** The peer was reached, or there is news of it: the next dial may begin at once. */
  forget(): void {
    this.#failureCount = 0;
    this.#failure = undefined;
  }
}

/** Whether trying again is pointless until somebody changes a certificate, an address or a version. */
export function isTerminal({ code }: RnpError): boolean {
  return TERMINAL.has(code);
}

const TERMINAL: ReadonlySet<RnpError["code"]> = new Set([
  "AUTH_FAILED",
  "UNAUTHORIZED",
  "VERSION_MISMATCH",
]);
/** Somebody may have mended it by then; once in so long costs nobody anything. */
const TERMINAL_PAUSE_MS = 30_000;
/** A dial to a port where nobody listens costs next to nothing; one a second for a call is no storm. */
const AWAITED_DELAY_MAX_MS = 1000;
