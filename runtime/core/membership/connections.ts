import type { Speaker } from "./contract.js";

/** A connection to whom is open, and who has shown on one that it understands the capability `membership`. */
export class Connections {
  readonly #open = new Map<string, Speaker>();
  readonly #speaking = new Set<string>();

  opened(peer: Speaker): void {
    this.#open.set(peer.id, peer);
    // A process of before may have known less.
    if (peer.speaks) this.#speaking.add(peer.id);
    else this.#speaking.delete(peer.id);
  }

  /** The last connection to it has ended. */
  closed(node: string): void {
    this.#open.delete(node);
  }

  /** Nothing is known of the member any more. */
  forget(node: string): void {
    if (!this.#open.has(node)) this.#speaking.delete(node);
  }

  isOpen(node: string): boolean {
    return this.#open.has(node);
  }

  /** What its last connection has shown; who never had one has shown nothing. */
  speaks(node: string): boolean {
    return this.#speaking.has(node);
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
