import { setTimeout as sleep } from "node:timers/promises";
import type { KnownInstance, NodeView, Service } from "../../constellation/index.js";
import type { Member } from "../../index.js";
import type { UpEvent } from "./events.js";
import { Folder } from "./folder.js";
import type { LogEntry, MemberStart, MembershipStart, Stats, Telemetry } from "./ipc.js";
import { MemberProcess } from "./member-process.js";

export interface ConstellationOptions {
  readonly cluster: string;
  readonly nodeCount: number;
  readonly membership: MembershipStart;
  readonly report: (event: UpEvent) => void;
  /** A member ended although nobody told it to. */
  readonly onDied: (text: string) => void;
}

/** A controller and its nodes, each a process of its own, and what they told of themselves. */
export class Constellation {
  readonly #options: ConstellationOptions;
  readonly #stats = new Map<string, Stats>();
  readonly #processes: MemberProcess[] = [];
  readonly #instancePids = new Set<number>();
  #folder: Folder | undefined;
  #members: readonly Member[] = [];
  #nodeViews: readonly NodeView[] = [];
  #services: readonly Service[] = [];
  #aliveCountMax = 0;
  #isClosing = false;

  constructor(options: ConstellationOptions) {
    this.#options = options;
  }

  get controller(): MemberProcess {
    return this.#processes[0]!;
  }

  get nodes(): readonly MemberProcess[] {
    return this.#processes.slice(1);
  }

  get processes(): readonly MemberProcess[] {
    return this.#processes;
  }

  get folder(): Folder {
    return this.#folder!;
  }

  /** As the controller saw them last. */
  get members(): readonly Member[] {
    return this.#members;
  }

  /** As the controller knows them. */
  get nodeViews(): readonly NodeView[] {
    return this.#nodeViews;
  }

  get instances(): readonly KnownInstance[] {
    return this.#nodeViews.flatMap(({ instances }) => instances);
  }

  get services(): readonly Service[] {
    return this.#services;
  }

  /** The most members that the controller saw alive at once. */
  get aliveCountMax(): number {
    return this.#aliveCountMax;
  }

  get stats(): Iterable<Stats> {
    return this.#stats.values();
  }

  /** Makes the certificates, starts the controller and then, all at once, the nodes. */
  async start(): Promise<void> {
    const { cluster, nodeCount, membership } = this.#options;
    this.#folder = await Folder.create();
    const nodes = Array.from({ length: nodeCount }, (_, index) => `node-${index + 1}`);
    const certificates = await this.folder.issueAll(cluster, [
      { id: CONTROLLER, role: "controller" },
      ...nodes.map((id) => ({ id, role: "node" as const })),
    ]);
    const { scriptDir, path: folder } = this.folder;
    const common = { ...membership, scriptDir, folder };
    const startOf = (id: string): Omit<MemberStart, "role" | "join"> => {
      return { ...common, identity: certificates.get(id)!, dataDir: this.folder.dataDir(id) };
    };
    const start = { ...startOf(CONTROLLER), role: "controller", join: [] } as const;
    const address = await this.#startMember(CONTROLLER, start);
    await Promise.all(
      nodes.map((id) => this.#startMember(id, { ...startOf(id), role: "node", join: [address] })),
    );
  }

  /** The nodes leave one after the other, then the controller; then nothing is left. */
  async close(): Promise<string[]> {
    this.#isClosing = true;
    const failures: string[] = [];
    for (const member of [...this.nodes, this.controller]) {
      // Starting may have failed before there was a controller, and a death has been reported.
      if (member === undefined || member.hasEnded) continue;
      try {
        this.#stats.set(member.node, await member.close());
        this.#options.report({ event: "process_stopped", node: member.node });
      } catch (error) {
        failures.push(`${member.node} did not leave in good order: ${(error as Error).message}`);
      }
    }
    for (const pid of await this.#instancesLeft()) {
      failures.push(`an instance still runs: pid ${pid}`);
    }
    await this.#folder?.remove();
    return failures;
  }

  /** An instance whose agent was killed notices that a moment later. */
  async #instancesLeft(): Promise<number[]> {
    const giveUpAtMs = performance.now() + INSTANCE_END_TIMEOUT_MS;
    for (;;) {
      const left = [...this.#instancePids].filter(isRunning);
      if (left.length === 0 || performance.now() > giveUpAtMs) return left;
      await sleep(INSTANCE_END_POLL_MS);
    }
  }

  async #startMember(node: string, start: MemberStart): Promise<string> {
    if (this.#isClosing) throw new Error("it was stopped before all members had started");
    const member = new MemberProcess(node, {
      onTelemetry: (from, telemetry) => this.#handleTelemetry(from, telemetry),
      onLog: (from, entry) => this.#handleLog(from, entry),
      onDied: (_, text) => this.#options.onDied(text),
    });
    this.#processes.push(member);
    const { address } = await member.do("start", start);
    const { pid } = member;
    this.#options.report({ event: "process_started", node, role: start.role, address, pid });
    return address;
  }

  #handleTelemetry(node: string, { stats, members, nodes, services }: Telemetry): void {
    this.#stats.set(node, stats);
    if (node !== CONTROLLER) return;
    this.#setNodeViews(nodes);
    this.#services = services;
    const known = new Map(this.#members.map((member) => [member.node, member.state]));
    for (const { node: each, state } of members) {
      const previous = known.get(each);
      if (state !== previous)
        this.#options.report({ event: "member", node: each, state, previous });
    }
    this.#members = members;
    const alive = members.filter(({ state }) => state === "alive").length;
    this.#aliveCountMax = Math.max(this.#aliveCountMax, alive);
  }

  #setNodeViews(nodeViews: readonly NodeView[]): void {
    const before = this.instances;
    this.#nodeViews = nodeViews;
    for (const { pid } of this.instances) this.#instancePids.add(pid);
    const running = new Set(this.instances.map(({ instance_id }) => instance_id));
    for (const { instance_id, node } of before) {
      if (running.has(instance_id)) continue;
      this.#options.report({ event: "instance_stopped", instance_id, node });
    }
  }

  /** What goes as it should is told by events of its own. */
  #handleLog(node: string, entry: LogEntry): void {
    if (entry.level !== "info") this.#options.report({ event: "log", node, ...entry });
  }
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    // There is no such process any more.
    return false;
  }
}

const CONTROLLER = "controller";
const INSTANCE_END_TIMEOUT_MS = 3000;
const INSTANCE_END_POLL_MS = 20;
