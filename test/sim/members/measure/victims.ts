import type { Output } from "../../../../runtime/core/membership/contract.js";
import type { Row } from "../../../../runtime/core/membership/rows.js";
import type { Cluster } from "../cluster.js";
import type { Shell } from "../shell/shell.js";

/** A node that lost its power, and who has noticed. */
interface Victim {
  readonly epoch: number;
  readonly vanishedAt: number;
  /** When the first of all said that it suspects it. */
  foundAt: number | undefined;
  /** By node: 1 for those that ran then, run still, and do not know that it is dead. */
  readonly unaware: Uint8Array;
  unawareCount: number;
  /** When the last of those that ran then has learnt that it is dead. */
  informedAt: number | undefined;
}

/** How long after its beginning, or a trouble of its own, a node may be doubted without anybody being wrong. */
const GRACE_MS = 10_000;

/** Takes the power from nodes, and writes down when the others notice, and what they believe that is not true. */
export class Victims {
  /** Members that were suspected, or taken for dead, by anybody although they ran. */
  falseSuspicionCount = 0;
  falseDeathCount = 0;
  readonly #victims: Victim[] = [];
  readonly #open = new Map<string, Victim>();
  readonly #world: Cluster;

  constructor(world: Cluster) {
    this.#world = world;
  }

  get count(): number {
    return this.#victims.length;
  }

  /** From the loss of power to the first suspicion. One that nobody found counts as endless. */
  get foundMs(): number[] {
    return this.#victims.map(({ foundAt, vanishedAt }) => (foundAt ?? FOR_EVER) - vanishedAt);
  }

  /** From the loss of power until all others know it. */
  get informedMs(): number[] {
    return this.#victims.map(({ informedAt, vanishedAt }) => (informedAt ?? FOR_EVER) - vanishedAt);
  }

  vanish(node: number): void {
    const { engine, machines, size } = this.#world;
    const { epoch, id } = this.#world.shell(node);
    this.#world.vanish(node);
    for (const other of this.#open.values()) this.#aware(other, node);
    const unaware = new Uint8Array(size);
    for (const machine of machines) if (machine.process !== undefined) unaware[machine.node] = 1;
    const unawareCount = unaware.reduce((sum, one) => sum + one, 0);
    const times = { vanishedAt: engine.now, foundAt: undefined, informedAt: undefined };
    const victim: Victim = { epoch, ...times, unaware, unawareCount };
    this.#victims.push(victim);
    this.#open.set(id, victim);
  }

  /** To be told of what every core puts out. */
  see({ node: by }: Shell, { changes }: Output): void {
    for (const { node, after } of changes) {
      if (after?.state === "suspect" || after?.state === "dead") this.#doubted(by, node, after);
    }
  }

  #doubted(by: number, node: string, { state, epoch }: Row): void {
    const victim = this.#open.get(node);
    if (victim?.epoch === epoch) {
      victim.foundAt ??= this.#world.engine.now;
      if (state === "dead") this.#aware(victim, by);
    } else if (this.#world.truth.isHealthy(node, epoch, GRACE_MS)) {
      if (state === "dead") this.falseDeathCount += 1;
      else this.falseSuspicionCount += 1;
    }
  }

  #aware(victim: Victim, node: number): void {
    if (victim.unaware[node] !== 1) return;
    victim.unaware[node] = 0;
    victim.unawareCount -= 1;
    if (victim.unawareCount === 0) victim.informedAt = this.#world.engine.now;
  }
}

const FOR_EVER = Number.POSITIVE_INFINITY;
