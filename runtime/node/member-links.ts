import type { Spoken } from "./speaker.js";

/** The connections with members, as far as those have shown that they are members. */
export class MemberLinks {
  readonly #byNode = new Map<string, Set<Spoken>>();

  has(node: string): boolean {
    return this.#byNode.has(node);
  }

  /** `false`: it is known already. */
  add(origin: Spoken): boolean {
    const { id } = origin.peer;
    const links = this.#byNode.get(id) ?? new Set();
    if (links.has(origin)) return false;
    this.#byNode.set(id, links.add(origin));
    return true;
  }

  /** Whether it was the last with its node; `undefined`: it was none of them. */
  remove(origin: Spoken): boolean | undefined {
    const { id } = origin.peer;
    const links = this.#byNode.get(id);
    if (links?.delete(origin) !== true) return undefined;
    if (links.size > 0) return false;
    this.#byNode.delete(id);
    return true;
  }
}
