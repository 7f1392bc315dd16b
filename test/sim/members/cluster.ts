import type { MembershipCore, Speaker } from "../../../runtime/core/membership/contract.js";
import { Jury } from "./check/jury.js";
import type { Problem, Rule } from "./check/rule.js";
import { Truth } from "./check/truth.js";
import { Engine } from "./engine/engine.js";
import { Plan } from "./engine/plan.js";
import { Machine, type Place } from "./process/machine.js";
import type { CodecSample } from "./shell/codec-sample.js";
import { Shell, type Watcher } from "./shell/shell.js";
import { Network } from "./tcp/network.js";

/*
 * How it is built:
 *
 *   engine/   time, chance and what happens next, and the sum of all that did
 *   tcp/      connections that are late, cut, broken or never made
 *   process/  machines, and processes on them that run, stand still or end
 *   shell/    what stands between a membership and its connections
 *   rows/     tables that are small enough to have ten thousand of them
 *   check/    what is really true, and the rules; each is a class that sees what every core puts out
 *   stub/     a membership that hardly thinks, to try all of this with
 *
 * It knows nothing of promises, unlike the worlds beside it: a day of a thousand nodes is a billion events. In a
 * large world nearly all of their time goes into waiting for memory, so what counts for an event is how many
 * objects it touches, not what it computes; `gate.ts` measures it.
 */

/** What a node is to be, for whoever makes the core of one. */
export interface Birth extends Place {
  readonly epoch: number;
  /** What the last process there knew: a new one may remember it, or has to let go of its rows. */
  readonly former: MembershipCore | undefined;
}

export interface ClusterOptions {
  readonly seed: number;
  readonly names: readonly string[];
  /** Makes the membership of a process that begins. */
  make(birth: Birth): MembershipCore;
  readonly watcher?: Watcher;
  readonly sample?: CodecSample;
  /** What must be so in this world. */
  readonly rules?: (truth: Truth, engine: Engine) => readonly Rule[];
}

/** How often the rules look at all nodes. */
const INSPECTION_MS = 1000;

/** What is sent before a process ends is sent by then. */
const FAREWELL_MS = 50;

/** A world of nodes whose only work is to know each other. */
export class Cluster {
  readonly engine: Engine;
  readonly network: Network;
  readonly plan: Plan;
  readonly machines: readonly Machine[];
  readonly truth: Truth;
  readonly #jury: Jury;
  readonly #options: ClusterOptions;
  readonly #addresses = new Map<string, Machine>();
  readonly #shells: (Shell | undefined)[] = [];

  constructor(options: ClusterOptions) {
    this.#options = options;
    this.engine = new Engine(options.seed);
    this.network = new Network(this.engine);
    this.plan = new Plan(this.engine);
    this.truth = new Truth(this.engine);
    const rules = options.rules?.(this.truth, this.engine) ?? [];
    this.#jury = new Jury(rules);
    if (rules.length > 0) {
      this.plan.every(INSPECTION_MS, () => this.#jury.inspect(this.running()));
    }
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

  /** What stands around each membership that runs. */
  running(): Shell[] {
    return this.machines.flatMap(({ node, process }) => {
      return process === undefined ? [] : [this.shell(node)];
    });
  }

  /** A process begins, in a life that is later than all that its disk knows of, and joins those at `seeds`. */
  start(node: number, seeds: readonly number[] = []): Shell {
    const machine = this.machine(node);
    machine.start((place) => this.#program(place));
    const shell = this.shell(node);
    if (seeds.length > 0) shell.join(seeds.map((seed) => this.machine(seed).address));
    return shell;
  }

  startAll(): void {
    for (const { node } of this.machines) this.start(node);
  }

  kill(node: number): void {
    this.#end(node, false).kill();
  }

  vanish(node: number): void {
    this.#end(node, false).vanish();
  }

  /** Its process stands still for a while; one that does already goes on as it was to. */
  pause(node: number, ms: number): void {
    const { process, name } = this.machine(node);
    if (process?.state !== "running") return;
    process.pause(ms);
    this.truth.paused(name, ms);
  }

  /** It says that it leaves, and ends. */
  leave(node: number): void {
    const { process } = this.machine(node);
    if (process?.state !== "running") throw new Error(`machine ${node} cannot say anything`);
    const machine = this.#end(node, true);
    this.shell(node).act((core, now) => core.leave(now, { reason: "shutdown" }));
    this.plan.after(FAREWELL_MS, () => {
      // Somebody may have been quicker.
      if (machine.process === process) machine.exit();
    });
  }

  #end(node: number, hasLeft: boolean): Machine {
    const machine = this.machine(node);
    if (machine.process === undefined) throw new Error(`nothing runs on machine ${node}`);
    this.truth.ended(machine.name, { hasLeft });
    return machine;
  }

  /** What was against the rules until now, and is when all is over. */
  end(): Problem[] {
    this.#jury.end(this.running());
    return this.#jury.problems;
  }

  #program({ process, machine }: Place): Shell {
    const epoch = machine.nextEpoch();
    this.truth.began(machine.name, epoch);
    const former = this.#shells[machine.node]?.core;
    const core = this.#options.make({ process, machine, epoch, former });
    const speaker: Speaker = { id: machine.name, role: "node", epoch, speaks: true };
    const find = (address: string) => this.#addresses.get(address);
    const { sample } = this.#options;
    const watcher = this.#watcher;
    const shell = new Shell({ process, core, speaker, find, watcher, sample });
    this.#shells[machine.node] = shell;
    return shell;
  }

  readonly #watcher: Watcher = {
    see: (shell, output) => {
      this.#options.watcher?.see(shell, output);
      this.#jury.see(shell, output);
    },
  };
}

export function namesOf(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `node-${index + 1}`);
}
