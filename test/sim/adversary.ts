import type { Network } from "./net/network.js";
import type { SimNode } from "./node/sim-node.js";
import type { Fault, Plan } from "./plan.js";
import type { World } from "./world/world.js";

type Wrong = (now: number) => void;

/** Lets things go wrong at random moments, until the world heals. */
export class Adversary {
  readonly #world: World;
  readonly #plan: Plan;
  readonly #network: Network;
  readonly #nodes: readonly SimNode[];

  constructor(world: World, plan: Plan, network: Network, nodes: readonly SimNode[]) {
    this.#world = world;
    this.#plan = plan;
    this.#network = network;
    this.#nodes = nodes;
    this.#repeat(plan.networkFaultMeanMs, this.#chosen(this.#networkFaults()));
    this.#repeat(plan.nodeFaultMeanMs, this.#chosen(this.#nodeFaults()));
    // What a disk is rolled back to is seldom what it was at the beginning.
    this.#repeat(1000, [() => this.#node().disk.takeSnapshot()]);
  }

  #chosen(all: Partial<Record<Fault, Wrong>>): Wrong[] {
    return Object.entries(all).flatMap(([name, wrong]) =>
      this.#plan.faults.has(name as Fault) ? [wrong] : [],
    );
  }

  #repeat(meanMs: number, wrongs: readonly Wrong[]): void {
    if (wrongs.length === 0) return;
    this.#world.after(this.#world.dice.exponential(meanMs), () => {
      if (this.#world.now >= this.#plan.healAt) return;
      this.#world.dice.pick(wrongs)(this.#world.now);
      this.#repeat(meanMs, wrongs);
    });
  }

  #networkFaults(): Partial<Record<Fault, Wrong>> {
    const { dice } = this.#world;
    const forEver = Number.POSITIVE_INFINITY;
    return {
      stall: () => this.#onWire("stall", dice.exponential(1000), "both"),
      blackhole: () =>
        this.#onWire("blackhole", dice.oneIn(3) ? forEver : dice.exponential(3000), "one"),
      reset: () => this.#onWire("reset"),
      vanish: () => this.#onWire("vanish"),
      "half-open": () => this.#onWire("half-open"),
      farewell: () => this.#node().closeOne(),
    };
  }

  #onWire(name: Fault, ms = 0, ways: "one" | "both" = "both"): void {
    const { wires } = this.#network;
    if (wires.length === 0) return;
    const wire = this.#world.dice.pick(wires);
    this.#world.tell({ kind: "fault", name, connection: wire.number, ms });
    if (name === "reset") wire.reset();
    else if (name === "vanish") wire.vanish();
    else if (name === "half-open") wire.halfOpen();
    else wire.stall(ms, ways);
  }

  #nodeFaults(): Partial<Record<Fault, Wrong>> {
    const { dice } = this.#world;
    return {
      crash: () => this.#node().doom(),
      "power-loss": () => this.#node().crash("machine"),
      leave: () => this.#node().leave(),
      "clock-jump": () => this.#jumpClock(),
      pause: () => this.#node().pause(dice.magnitude(10, 5000)),
    };
  }

  #jumpClock(): void {
    const node = this.#node();
    const jumpMs = Math.round(this.#world.dice.between(-1, 1) * 3_600_000);
    node.clock.jump(jumpMs);
    this.#world.tell({ kind: "clock", node: node.name, jumpMs });
  }

  #node(): SimNode {
    return this.#world.dice.pick(this.#nodes);
  }
}
