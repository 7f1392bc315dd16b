/**
 * Tells whether the other end of a connection is still there. TCP alone may take a quarter of an hour to
 * notice a peer that vanished, so after `intervalMs` of silence a `ping` is due, and when nothing at all
 * is heard for `patienceMs` after that, the peer is gone.
 *
 * Anything heard counts, not only the `pong`: a busy link needs no pings.
 */
export class Keepalive {
  readonly #intervalMs: number;
  readonly #patienceMs: number;
  #heardAt: number;
  #pingedAt: number | undefined;

  constructor(now: number, intervalMs: number, patienceMs: number) {
    this.#heardAt = now;
    this.#intervalMs = intervalMs;
    this.#patienceMs = patienceMs;
  }

  heard(now: number): void {
    this.#heardAt = now;
    this.#pingedAt = undefined;
  }

  /** What is due: nothing yet, a ping (asked for once), or giving up. */
  due(now: number): "nothing" | "ping" | "gone" {
    if (now < this.dueAt) return "nothing";
    if (this.#pingedAt !== undefined) return "gone";
    this.#pingedAt = now;
    return "ping";
  }

  /** When `due` will have something to say. */
  get dueAt(): number {
    return this.#pingedAt === undefined
      ? this.#heardAt + this.#intervalMs
      : this.#pingedAt + this.#patienceMs;
  }
}
