import type { Speaker } from "./contract.js";

/** A connection to whom is open, and who has shown on one that it understands the capability `membership`. */
export class Connections {
  readonly #open = new Map<string, Speaker>();
  /** What the last connection to each has shown. */
  readonly #shown = new Map<string, boolean>();

  opened(peer: Speaker): void {
    this.#open.set(peer.id, peer);
    this.#shown.set(peer.id, peer.speaks);
  }

  /** The last connection to it has ended. */
  closed(node: string): void {
    this.#open.delete(node);
  }

  /** Nothing is known of the member any more. */
  forget(node: string): void {
    if (!this.#open.has(node)) this.#shown.delete(node);
  }

  isOpen(node: string): boolean {
    return this.#open.has(node);
  }

  /** What its last connection has shown; `undefined`: it never had one. */
  speaks(node: string): boolean | undefined {
    return this.#shown.get(node);
  }

  /** Who is connected and speaks, for those to choose from who ask for help. */
  *speaking(): Generator<string> {
    for (const { id, speaks } of this.#open.values()) if (speaks) yield id;
  }
}

/** So many of them, each set of that size as likely as any other. */
export function sampleOf(
  nodes: Iterable<string>,
  countMax: number,
  random: () => number,
): readonly string[] {
  const sample: string[] = [];
  let seenCount = 0;
  for (const node of nodes) {
    seenCount += 1;
    if (sample.length < countMax) sample.push(node);
    else {
      const place = Math.floor(random() * seenCount);
      if (place < countMax) sample[place] = node;
    }
  }
  return sample;
}
