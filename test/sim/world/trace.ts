import { createHash } from "node:crypto";
import type { Occurrence } from "./occurrence.js";

/** Whoever watches a world from outside. It may throw nothing and change nothing. */
export interface Witness {
  see(at: number, occurrence: Occurrence): void;
}

/** All that happens in a world, told to its witnesses and summed up in one hash. */
export class Trace {
  readonly #hash = createHash("sha256");
  readonly #witnesses: readonly Witness[];
  #count = 0;

  constructor(witnesses: readonly Witness[]) {
    this.#witnesses = witnesses;
  }

  get count(): number {
    return this.#count;
  }

  add(at: number, occurrence: Occurrence): void {
    this.#count += 1;
    this.#hash.update(`${at} ${JSON.stringify(occurrence)}\n`);
    for (const witness of this.#witnesses) witness.see(at, occurrence);
  }

  /** May be asked for once, at the end. */
  digest(): string {
    return this.#hash.digest("hex");
  }
}
