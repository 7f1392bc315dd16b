import type { Refusal } from "./admission.js";

/**
 * Why a connection that somebody asked for did not come about: there was no room (`connections`), a bound of
 * `AdmissionLimits` was reached, TLS failed or took too long (`handshake`), or the certificate was not good enough
 * (`identity`).
 */
export type RefusalKind = Refusal | "connections" | "handshake" | "identity";

/**
 * Counts what a node has refused, and says which of it is worth a line in the log: a stranger who knocks a thousand
 * times a second must not fill a disk.
 */
export class Refusals {
  readonly #counts: Record<RefusalKind, number> = {
    connections: 0,
    unproven: 0,
    "unproven-of-address": 0,
    "handshake-rate": 0,
    handshake: 0,
    identity: 0,
  };
  readonly #told: Partial<Record<RefusalKind, { at: number; count: number }>> = {};

  get counts(): Readonly<Record<RefusalKind, number>> {
    return { ...this.#counts };
  }

  /**
   * Counts one more.
   *
   * @returns how many of the kind there were since the last that was worth telling, this one included; `undefined`
   *   where it is too soon to tell of another
   */
  count(now: number, kind: RefusalKind): number | undefined {
    const total = ++this.#counts[kind];
    const told = this.#told[kind];
    if (told !== undefined && now - told.at < TELL_INTERVAL_MS) return undefined;
    this.#told[kind] = { at: now, count: total };
    return total - (told?.count ?? 0);
  }
}

const TELL_INTERVAL_MS = 1000;
