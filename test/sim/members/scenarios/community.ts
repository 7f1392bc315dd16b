import type {
  Command,
  DisseminationName,
  Output,
} from "../../../../runtime/core/membership/contract.js";
import { completeFacts } from "../../../../runtime/core/membership/facts.js";
import { Membership } from "../../../../runtime/core/membership/membership.js";
import type { MemberState } from "../../../../runtime/core/membership/news.js";
import type { Row } from "../../../../runtime/core/membership/rows.js";
import { TIMINGS, type TimingName } from "../../../../runtime/core/membership/timing.js";
import { allRules, type Strictness } from "../check/all-rules.js";
import type { Problem } from "../check/rule.js";
import { type Birth, Cluster, namesOf } from "../cluster.js";
import { CompactRows } from "../rows/compact-rows.js";
import { RowStore } from "../rows/row-store.js";
import { CodecSample } from "../shell/codec-sample.js";
import type { Shell } from "../shell/shell.js";
import { strictnessOf } from "./strictness.js";

export interface CommunityOptions {
  readonly seed: number;
  readonly count: number;
  /** Default `lan`. */
  readonly preset?: TimingName;
  /** Default `mesh`. */
  readonly dissemination?: DisseminationName | "auto";
  readonly localHealth?: boolean;
  /** Whether all know each other from the beginning, or have to find each other. Default yes. */
  readonly isAcquainted?: boolean;
  /** One of so many messages is written and read. Default 1,000. */
  readonly sampleEvery?: number;
  /** Default: the ids are all different. */
  readonly names?: readonly string[];
  readonly strictness?: Partial<Strictness>;
  /** Whether all rules look at it and all beliefs are written down. Default yes; it costs too much in large worlds. */
  readonly isJudged?: boolean;
  /** Sees what every core puts out. */
  readonly see?: (shell: Shell, output: Output) => void;
}

type Conflict = Extract<Command, { kind: "conflict" }>;

/** One node came to believe this of another. */
export interface Belief {
  readonly at: number;
  readonly by: string;
  readonly node: string;
  readonly after: Row;
}

const VERSION = "1.0.0";

/** From a conflict to the end of a process. */
const EXIT_MS = 10;

/** A world whose nodes have the membership of the product. */
export class Community {
  readonly world: Cluster;
  readonly sample: CodecSample;
  /** Two processes with one id, as they were reported. */
  readonly conflicts: Conflict[] = [];
  /** What everybody came to believe, in order. */
  readonly chronicle: Belief[] = [];
  readonly #options: CommunityOptions;
  readonly #store = new RowStore();
  /** What a node knows that has not heard of anything yet. */
  readonly #acquaintances: CompactRows;

  constructor(options: CommunityOptions) {
    const { seed, count, preset = "lan", dissemination = "mesh", names = namesOf(count) } = options;
    const { isJudged = true } = options;
    this.#options = options;
    this.sample = new CodecSample(options.sampleEvery ?? 1000);
    const strictness = { ...strictnessOf({ count, preset, dissemination }), ...options.strictness };
    this.world = new Cluster({
      seed,
      names,
      sample: this.sample,
      make: (birth) => this.#make(birth),
      watcher: { see: (shell, output) => this.#see(shell, output) },
      ...(isJudged && { rules: (truth, engine) => allRules(truth, engine, strictness) }),
    });
    this.#acquaintances = new CompactRows(this.#store, names.length);
  }

  get now(): number {
    return this.world.engine.now;
  }

  /** Rows that all tables together hold, equal ones once. */
  get rowCount(): number {
    return this.#store.rowCount;
  }

  /**
   * These nodes begin, all by default. Where they do not know each other, the first is the one that all others
   * ask.
   */
  begin(nodes: readonly number[] = this.world.machines.map(({ node }) => node)): this {
    const { isAcquainted = true } = this.#options;
    if (isAcquainted) this.#acquaint(nodes);
    const [first = 0] = nodes;
    for (const node of nodes) this.world.start(node, isAcquainted || node === first ? [] : [first]);
    this.#acquaintances.clear();
    return this;
  }

  run(ms: number): this {
    this.world.engine.run(this.now + ms);
    return this;
  }

  core(node: number): Membership {
    return this.world.shell(node).core as Membership;
  }

  nameOf(node: number): string {
    return this.world.machine(node).name;
  }

  /** What one node believes of another. */
  belief(at: number, of: number): MemberState | "unknown" {
    return this.core(at).rows.get(this.nameOf(of))?.state ?? "unknown";
  }

  /** What all that run believe of a node, each belief once. */
  beliefs(of: number): (MemberState | "unknown")[] {
    const nodes = this.world.running().filter(({ id }) => id !== this.nameOf(of));
    return [...new Set(nodes.map(({ node }) => this.belief(node, of)))];
  }

  /** Cuts these off from all others for a while; nothing is held against anybody until some time after. */
  isolate(nodes: readonly number[], ms: number, settleMs: number): void {
    const { network, plan, truth, machines } = this.world;
    const others = machines.map(({ node }) => node).filter((node) => !nodes.includes(node));
    plan.after(ms, network.partition([nodes, others]));
    for (const { name } of machines) truth.excuse(name, this.now + ms + settleMs);
  }

  end(): Problem[] {
    return this.world.end();
  }

  #make({ machine, epoch, former }: Birth): Membership {
    if (former?.rows instanceof CompactRows) former.rows.clear();
    const { preset = "lan", dissemination = "mesh", localHealth } = this.#options;
    const { dice } = this.world.engine;
    return new Membership({
      node: machine.name,
      role: "node",
      facts: factsOf(machine.address),
      epoch,
      timing: TIMINGS[preset],
      dissemination,
      ...(localHealth !== undefined && { localHealth }),
      random: () => dice.float(),
      unixTimeMs: () => machine.unixTimeMs(),
      since: () => machine.unixTimeMs(),
      rows: this.#acquaintances.copyWithout(machine.name),
    });
  }

  #acquaint(nodes: readonly number[]): void {
    for (const node of nodes) {
      const machine = this.world.machine(node);
      const life = { epoch: machine.unixTimeMs(), incarnation: 0 };
      const facts = factsOf(machine.address);
      const row = {
        node: machine.name,
        role: "node",
        state: "alive",
        facts,
        accusers: [],
      } as const;
      this.#acquaintances.set({ ...row, ...life });
    }
  }

  #see(shell: Shell, output: Output): void {
    const { isJudged = true } = this.#options;
    for (const { node, after } of isJudged ? output.changes : []) {
      if (after !== undefined) this.chronicle.push({ at: this.now, by: shell.id, node, after });
    }
    for (const command of output.commands) {
      if (command.kind === "conflict") this.#conflicted(shell, command);
    }
    this.#options.see?.(shell, output);
  }

  /** Whoever finds out that a later process has its id ends, as a daemon does. */
  #conflicted({ node }: Shell, conflict: Conflict): void {
    this.conflicts.push(conflict);
    const machine = this.world.machine(node);
    this.world.plan.after(EXIT_MS, () => machine.exit());
  }
}

function factsOf(address: string) {
  return completeFacts("node", { address, version: VERSION, capabilities: [], metadata: {} });
}
