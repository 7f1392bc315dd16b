/** How fast something grows: over the last few seconds, so that it follows the line but does not jump. */
export class Rate {
  readonly #samples: { readonly atMs: number; readonly bytes: number }[] = [];

  /** So many bytes were there at this time, in ms on any clock that never goes back. */
  record(atMs: number, bytes: number): void {
    this.#samples.push({ atMs, bytes });
    while (this.#samples.length > 2 && this.#samples[1]!.atMs <= atMs - WINDOW_MS) {
      this.#samples.shift();
    }
  }

  /** `undefined` while too little is known. */
  get bytesPerSecond(): number | undefined {
    const first = this.#samples[0];
    const last = this.#samples.at(-1);
    if (first === undefined || last === undefined || last.atMs - first.atMs < SHORTEST_MS) {
      return undefined;
    }
    return ((last.bytes - first.bytes) / (last.atMs - first.atMs)) * 1000;
  }
}

const WINDOW_MS = 5000;
const SHORTEST_MS = 200;
