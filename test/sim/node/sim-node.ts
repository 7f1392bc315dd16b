import { Disk } from "../disk/disk.js";
import type { Network } from "../net/network.js";
import type { Plan } from "../plan.js";
import { WallClock } from "../world/wall-clock.js";
import type { World } from "../world/world.js";
import type { CallNumbers } from "./caller.js";
import { Life } from "./life.js";
import { type Machine, SimProcess } from "./sim-process.js";
import { keptOn } from "./sim-store.js";

/** How a process comes to its end before its time. */
export type Crash = "process" | "machine";

const DAY_MS = 86_400_000;

/** One node: its machine with a clock and a disk, and one process after the other. */
export class SimNode implements Machine {
  readonly name: string;
  readonly disk: Disk;
  readonly clock: WallClock;
  readonly isOld: boolean;
  readonly hasStore: boolean;
  readonly #world: World;
  readonly #plan: Plan;
  readonly #network: Network;
  readonly #numbers: CallNumbers;
  #process: SimProcess | undefined;
  #lifeCount = 0;
  #isStopped = false;

  constructor(world: World, plan: Plan, network: Network, name: string, numbers: CallNumbers) {
    const { dice } = world;
    this.name = name;
    this.#world = world;
    this.#plan = plan;
    this.#network = network;
    this.#numbers = numbers;
    this.disk = new Disk(world, name, plan.disk, () => this.#mendSoon());
    const driftPerMs = dice.between(-1e-4, 1e-4);
    this.clock = new WallClock(() => world.now, dice.between(-DAY_MS, DAY_MS), 1 + driftPerMs);
    this.isOld = plan.habits.has("old-peers") && dice.oneIn(2);
    this.hasStore = plan.habits.has("stores") && !dice.oneIn(4);
  }

  /** Timers of its process, and connections, that are still there. */
  get remains(): number {
    if (this.#process === undefined) return 0;
    const { life, peers } = this.#process;
    return life.pendingCount + peers.all.length;
  }

  start(): void {
    const { name: node } = this;
    const number = ++this.#lifeCount;
    const disk = this.disk.durable.size > 0;
    this.#world.tell({ kind: "started", node, life: number, disk });
    this.tellDisk();
    const life = new Life(this.#world, node, number, () => this.crash("process"));
    const [world, plan, network] = [this.#world, this.#plan, this.#network];
    this.#process = new SimProcess(world, plan, network, this, this.#numbers, life);
  }

  /** Its process is gone, with all that it had in memory; it starts again after a while. */
  crash(how: Crash): void {
    if (this.#process === undefined) return;
    const { life, sockets } = this.#process;
    this.#world.tell({ kind: "crashed", node: this.name, life: life.number });
    this.#end();
    for (const socket of sockets) {
      if (how === "machine") socket.out.vanish();
      socket.destroy();
    }
    this.disk.crash();
    this.#damageDisk(how);
    this.#startLater();
  }

  /** It will crash before one of its next events. What it sends until then may come when the next one has begun. */
  doom(): void {
    if (this.#process === undefined) return;
    const { dice } = this.#world;
    const { life, sockets } = this.#process;
    life.doom(dice.below(200));
    if (dice.oneIn(3)) return;
    for (const { out } of sockets) out.stall(dice.exponential(2000));
  }

  /** Ends in good order, and starts again after a while. */
  leave(): void {
    const process = this.#process;
    process?.close(() => {
      if (this.#isStopped || this.#process !== process) return;
      const { name: node } = this;
      this.#world.tell({ kind: "left", node, connections: process.peers.all.length });
      this.#end();
      this.disk.crash();
      this.#startLater();
    });
  }

  /** Ends in good order, for good. */
  stop(): void {
    this.#isStopped = true;
    this.#process?.close(() => {});
  }

  /** One of its connections is not needed any more. */
  closeOne(): void {
    const open = this.#process?.peers.all.filter(({ isOpen }) => isOpen) ?? [];
    if (open.length === 0) return;
    this.#world.dice.pick(open).close("idle", this.#plan.timing.drainMs);
  }

  pause(ms: number): void {
    this.#process?.life.pause(ms);
  }

  /** Nothing goes wrong any more, and nothing new begins. */
  calm(): void {
    this.disk.heal();
    this.#process?.calm();
  }

  tellStates(): void {
    for (const link of this.#process?.peers.all ?? []) link.tellState();
  }

  /** What is durable. */
  tellDisk(): void {
    this.#world.tell({ kind: "kept", node: this.name, ...keptOn(this.disk) });
  }

  #startLater(): void {
    this.#world.after(this.#world.dice.exponential(500), () => {
      this.start();
      if (this.#world.now >= this.#plan.healAt) this.calm();
    });
  }

  /** Somebody sees that the disk does not write any more, and starts the process again. */
  #mendSoon(): void {
    const process = this.#process;
    this.#world.after(this.#world.dice.exponential(500), () => {
      if (process === this.#process) this.crash("process");
    });
  }

  #end(): void {
    this.#process?.end();
    this.#process = undefined;
  }

  #damageDisk(how: Crash): void {
    const { dice } = this.#world;
    const { faults } = this.#plan;
    if (how === "process") return;
    if (faults.has("lost-disk") && dice.oneIn(3)) this.disk.replace();
    if (faults.has("rolled-back-disk") && dice.oneIn(3)) this.disk.rollBack();
  }
}
