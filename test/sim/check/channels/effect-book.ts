import type { Occurrence } from "../../world/occurrence.js";

type Of<Kind extends Occurrence["kind"]> = Extract<Occurrence, { kind: Kind }>;

/**
 * Where an effect is: on its way to the disk, durable, lost on the way with a process, gone with a disk that was
 * replaced, or undone by one that was set back.
 */
export type EffectState = "pending" | "durable" | "lost" | "replaced" | "undone";

export interface KeptEffect {
  readonly number: number;
  state: EffectState;
}

/** Keeps the books of what handlers have done to the disks of their nodes. */
export class EffectBook {
  readonly #effects = new Map<number, KeptEffect>();
  readonly #byNode = new Map<string, Set<KeptEffect>>();
  /** What became of the disk of a node since its process began. */
  readonly #damage = new Map<string, "replaced" | "undone">();

  get(number: number): KeptEffect | undefined {
    return this.#effects.get(number);
  }

  note(occurrence: Occurrence): void {
    switch (occurrence.kind) {
      case "effect":
        return this.#began(occurrence);
      case "durable":
        this.#effects.get(occurrence.effect)!.state = "durable";
        return;
      case "disk":
        return this.#damaged(occurrence);
      case "kept":
        return this.#find(occurrence.node, new Set(occurrence.effects.map(([, each]) => each)));
    }
  }

  #began({ effect: number, node }: Of<"effect">): void {
    const effect: KeptEffect = { number, state: "pending" };
    this.#effects.set(number, effect);
    const others = this.#byNode.get(node) ?? new Set();
    this.#byNode.set(node, others.add(effect));
  }

  #damaged({ node, event }: Of<"disk">): void {
    if (event === "replaced") this.#damage.set(node, "replaced");
    else if (event === "rolled-back") this.#damage.set(node, "undone");
  }

  /** All of a node that is not on its disk any more is forgotten for good. */
  #find(node: string, found: ReadonlySet<number>): void {
    const all = this.#byNode.get(node) ?? new Set();
    for (const effect of all) {
      if (found.has(effect.number)) effect.state = "durable";
      else {
        effect.state = effect.state === "pending" ? "lost" : (this.#damage.get(node) ?? "lost");
        all.delete(effect);
      }
    }
    this.#damage.delete(node);
  }
}
