import type { MembershipCore, Speaker } from "../../../runtime/core/membership/contract.js";
import { Engine } from "./engine/engine.js";
import { Machine, type Place } from "./process/machine.js";
import { Shell, type Watcher } from "./shell/shell.js";
import { Network } from "./tcp/network.js";

/** What a node is to be, for whoever makes the core of one. */
export interface Birth extends Place {
  readonly epoch: number;
}

export interface ClusterOptions {
  readonly seed: number;
  readonly names: readonly string[];
  /** Makes the membership of a process that begins. */
  make(birth: Birth): MembershipCore;
  readonly watcher?: Watcher;
}

/** A world of nodes whose only work is to know each other. */
export class Cluster {
  readonly engine: Engine;
  readonly network: Network;
  readonly machines: readonly Machine[];
  readonly #options: ClusterOptions;
  readonly #addresses = new Map<string, Machine>();
  readonly #shells: (Shell | undefined)[] = [];

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.engine = new Engine(options.seed);
    this.network = new Network(this.engine);
    this.machines = options.names.map((name, node) => new Machine(this.network, node, name));
    for (const machine of this.machines) this.#addresses.set(machine.address, machine);
  }

  get size(): number {
    return this.machines.length;
  }

  machine(node: number): Machine {
    const machine = this.machines[node];
    if (machine === undefined) throw new RangeError(`there is no machine ${node}`);
    return machine;
  }

  /** What stands around the membership of the process that runs there, or that last did. */
  shell(node: number): Shell {
    const shell = this.#shells[node];
    if (shell === undefined) throw new RangeError(`nothing has run on machine ${node}`);
    return shell;
  }

  /** A process begins, in a life that is later than all that its disk knows of. */
  start(node: number): Shell {
    const machine = this.machine(node);
    machine.start((place) => this.#program(place));
    return this.shell(node);
  }

  startAll(): void {
    for (const { node } of this.machines) this.start(node);
  }

  #program({ process, machine }: Place): Shell {
    const epoch = machine.nextEpoch();
    const core = this.#options.make({ process, machine, epoch });
    const speaker: Speaker = { id: machine.name, role: "node", epoch, speaks: true };
    const find = (address: string) => this.#addresses.get(address);
    const { watcher } = this.#options;
    const shell = new Shell({ process, core, speaker, find, watcher });
    this.#shells[machine.node] = shell;
    return shell;
  }
}

export function namesOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `node-${index + 1}`);
}
