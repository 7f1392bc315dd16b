import type { Place } from "../schema.js";

/**
 * Which pairs of schemas were compared. A shared type is used in many places, and one look at it is enough;
 * a change in it is told once, where the type stands.
 */
export class Compared {
  readonly #keys = new Set<string>();

  /** Whether the pair was asked about before, for the same purpose. */
  isKnown(purpose: "reader" | "writer" | "source", from: Place, to: Place): boolean {
    const key = [purpose, from.file, from.pointer, to.file, to.pointer].join(" ");
    const count = this.#keys.size;
    return this.#keys.add(key).size === count;
  }
}
