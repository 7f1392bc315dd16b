/**
 * Sums up all that happens, in two lanes of 32 bits each. It is there to find two worlds that should be one and are
 * not, not to keep anybody from making a pair; in exchange it costs next to nothing for each event.
 */
export class TraceHash {
  #one = 0x811c_9dc5;
  #other = 0x1234_5677;

  add(tick: number, node: number, what: number, subject: number): void {
    let one = this.#one;
    let other = this.#other;
    // A day has more ticks than 32 bits.
    const early = tick | 0;
    const late = (tick / 2 ** 32) | 0;
    one = Math.imul(one ^ early, 0x9e37_79b1);
    one = Math.imul(((one << 13) | (one >>> 19)) ^ node ^ (what << 24), 0x85eb_ca6b);
    one ^= (one >>> 15) ^ subject;
    other = Math.imul(((other << 7) | (other >>> 25)) ^ early ^ late, 0xc2b2_ae35);
    other = Math.imul(other ^ (other >>> 16) ^ subject ^ (what << 16), 0x27d4_eb2f) ^ node;
    this.#one = one;
    this.#other = other;
  }

  digest(): string {
    return [this.#one, this.#other]
      .map((lane) => (lane >>> 0).toString(16).padStart(8, "0"))
      .join("");
  }
}
