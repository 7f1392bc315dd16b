/** What leaves one of `from` does not get to any of `to`. */
export interface Cut {
  readonly from: ReadonlySet<number>;
  readonly to: ReadonlySet<number>;
}

/** Which machines hear which. A cut is one-way; what must be cut both ways has two. */
export class Cuts {
  readonly #cuts = new Set<Cut>();

  get count(): number {
    return this.#cuts.size;
  }

  separates(from: number, to: number): boolean {
    for (const cut of this.#cuts) if (cut.from.has(from) && cut.to.has(to)) return true;
    return false;
  }

  /** Returns how to mend it. */
  add(from: Iterable<number>, to: Iterable<number>): () => void {
    const cut = { from: new Set(from), to: new Set(to) };
    this.#cuts.add(cut);
    return () => void this.#cuts.delete(cut);
  }

  clear(): void {
    this.#cuts.clear();
  }
}
