import type { SendState } from "../records.js";

/** How far the receiver of a channel is known to have come in the present epoch, by its acks and its greetings. */
export class PeerProgress {
  #acked: number;
  #highest: number;
  #isHeard: boolean;

  constructor({ acked, highest }: Pick<SendState, "acked" | "highest">) {
    this.#acked = acked;
    this.#highest = highest;
    this.#isHeard = highest > 0;
  }

  /** The highest number that was acknowledged cumulatively. */
  get acked(): number {
    return this.#acked;
  }

  /** The highest number that it has handled: what is told as delivered is never above. */
  get highest(): number {
    return this.#highest;
  }

  /** Whether it has settled anything of this epoch. */
  get isHeard(): boolean {
    return this.#isHeard;
  }

  /** It remembers the epoch, whatever it has settled of it. */
  heard(): void {
    this.#isHeard = true;
  }

  /** It has settled all up to `seq`. */
  acknowledged(seq: number): void {
    this.heard();
    this.#acked = Math.max(this.#acked, seq);
    this.handled(seq);
  }

  handled(seq: number): void {
    this.#highest = Math.max(this.#highest, seq);
  }

  /** An epoch begins, of which it knows nothing. */
  beginEpoch(): void {
    this.#acked = 0;
    this.#highest = 0;
    this.#isHeard = false;
  }
}
