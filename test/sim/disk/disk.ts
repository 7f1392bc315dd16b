import type { Timer } from "../world/event-queue.js";
import type { World } from "../world/world.js";

/** One change; without a value the key is deleted. */
export interface Change {
  readonly key: string;
  readonly value: Uint8Array | undefined;
}

export interface DiskSettings {
  readonly commitMeanMs: number;
  /** Of a commit. One that fails may still have reached the disk. */
  readonly failureProbability: number;
}

interface Commit {
  readonly changes: readonly Change[];
  readonly timer: Timer;
}

/**
 * A disk with one map of keys on it, written in atomic commits as an embedded database does: what is there are all
 * of the first commits, up to some. A crash loses those that were not durable, from a random one on. After one has
 * failed nobody knows what is there, so all fail until the process has been started again.
 */
export class Disk {
  readonly #world: World;
  readonly #node: string;
  readonly #onBroken: () => void;
  #settings: DiskSettings;
  #durable = new Map<string, Uint8Array>();
  #snapshot = new Map<string, Uint8Array>();
  #underWay: Commit[] = [];
  /** When the last commit is done. */
  #settledAt = 0;
  #isBroken = false;

  /** `onBroken` is told of the first commit that fails. */
  constructor(world: World, node: string, settings: DiskSettings, onBroken: () => void = () => {}) {
    this.#world = world;
    this.#node = node;
    this.#settings = settings;
    this.#onBroken = onBroken;
  }

  /** What would be there after a crash now, at the least. */
  get durable(): ReadonlyMap<string, Uint8Array> {
    return this.#durable;
  }

  /** It neither fails nor dawdles any more. */
  heal(): void {
    this.#settings = { commitMeanMs: 1, failureProbability: 0 };
  }

  /** Settles when all of `changes` are durable, commits in their order; rejects where nobody knows whether. */
  commit(changes: readonly Change[]): Promise<void> {
    const { dice, now } = this.#world;
    const { commitMeanMs, failureProbability } = this.#settings;
    const fails = dice.chance(failureProbability);
    this.#settledAt = Math.max(this.#settledAt, now + dice.exponential(commitMeanMs));
    return new Promise((resolve, reject) => {
      const timer = this.#world.after(this.#settledAt - now, () => {
        this.#underWay.shift();
        if (fails) this.#break(changes);
        if (this.#isBroken) return reject(new Error("the disk failed"));
        this.#write(changes);
        resolve();
      });
      this.#underWay.push({ changes, timer });
    });
  }

  /** What a process writes before it does anything else: it waits for that. */
  writeFirst(changes: readonly Change[]): void {
    this.#write(changes);
  }

  /** The process is gone. Whoever awaits a commit is gone with it. */
  crash(): void {
    const survivorCount = this.#isBroken ? 0 : this.#world.dice.below(this.#underWay.length + 1);
    for (const [index, { changes, timer }] of this.#underWay.entries()) {
      timer.cancel();
      if (index < survivorCount) this.#write(changes);
    }
    this.#underWay = [];
    this.#isBroken = false;
  }

  /** Another disk, with nothing on it. */
  replace(): void {
    this.#durable = new Map();
    this.#snapshot = new Map();
    this.#world.tell({ kind: "disk", node: this.#node, event: "replaced" });
  }

  takeSnapshot(): void {
    this.#snapshot = new Map(this.#durable);
  }

  /** Back to the last snapshot: what was durable since is lost. */
  rollBack(): void {
    this.#durable = new Map(this.#snapshot);
    this.#world.tell({ kind: "disk", node: this.#node, event: "rolled-back" });
  }

  /** The commit that fails may have reached the disk. */
  #break(changes: readonly Change[]): void {
    if (this.#isBroken) return;
    if (this.#world.dice.oneIn(2)) this.#write(changes);
    this.#isBroken = true;
    this.#world.tell({ kind: "disk", node: this.#node, event: "failed" });
    this.#onBroken();
  }

  #write(changes: readonly Change[]): void {
    for (const { key, value } of changes) {
      if (value === undefined) this.#durable.delete(key);
      else this.#durable.set(key, value);
    }
  }
}
