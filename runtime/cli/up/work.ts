import { setTimeout as sleep } from "node:timers/promises";
import type { Constellation } from "./constellation.js";
import type { UpEvent } from "./events.js";
import { FileWork } from "./file-work.js";
import { InstanceWork } from "./instance-work.js";
import type { MemberProcess } from "./member-process.js";
import { MoveWork } from "./move-work.js";
import { WatchWork } from "./watch-work.js";
import type { Counts, WorkSite } from "./work-site.js";

/**
 * The work that `rnp up` has its constellation do: everything once, in order, then the everyday part again
 * and again. Whatever does not happen as it should is an error of `begin` or `round`.
 */
export class Work {
  readonly counts: Counts = {
    pings: 0,
    instances_started: 0,
    instances_moved: 0,
    service_calls: 0,
    output_lines: 0,
    metric_samples: 0,
    files_written: 0,
    files_read: 0,
    replicas_verified: 0,
  };
  readonly #site: WorkSite;
  readonly #instance: InstanceWork;
  readonly #watch: WatchWork;
  readonly #move: MoveWork;
  readonly #files: FileWork;
  #roundCount = 0;

  constructor(constellation: Constellation, report: (event: UpEvent) => void) {
    this.#site = { constellation, counts: this.counts, report };
    this.#instance = new InstanceWork(this.#site);
    this.#watch = new WatchWork(this.#site, this.#instance);
    this.#move = new MoveWork(this.#site, this.#instance);
    this.#files = new FileWork(this.#site);
  }

  /** Whether everything has been done, and some time has passed for what happens at intervals. */
  get isComplete(): boolean {
    return this.#roundCount >= ROUND_COUNT_MIN;
  }

  /** What cannot be done with so few nodes, for people. */
  get leftOut(): readonly string[] {
    return this.#move.isPossible ? [] : ["moving the instance: there is no second node"];
  }

  /**
   * Everything once: joining, an instance on allocated resources, its service, its output and load, a
   * replicated file, the instance's move to another node.
   */
  async begin(): Promise<void> {
    await this.#untilAllJoined();
    await this.#pingAll();
    await this.#instance.start();
    await Promise.all([this.#watch.followCall(0), this.#watch.watchMetrics(1)]);
    await this.#files.writeAndRead(FIRST_FILE_SIZE);
    await this.#moveAndCall();
  }

  /** A second of everyday life. */
  async round(): Promise<void> {
    await this.#pingAll();
    await this.#instance.callService(this.#roundCount, false);
    if (this.#roundCount % FILE_EVERY_ROUNDS === 1) await this.#files.writeAndRead(FILE_SIZE);
    if (this.#roundCount % MOVE_EVERY_ROUNDS === MOVE_EVERY_ROUNDS - 1) await this.#moveAndCall();
    this.#roundCount += 1;
  }

  /** Where it was moved to, the service answers as before, and its output goes on. */
  async #moveAndCall(): Promise<void> {
    await this.#move.locate();
    if (!this.#move.isPossible) return;
    await this.#move.move();
    await this.#move.locate();
    await this.#watch.followCall(this.counts.instances_moved);
  }

  async #untilAllJoined(): Promise<void> {
    const { constellation, report } = this.#site;
    const { processes } = constellation;
    const giveUpAtMs = performance.now() + JOIN_TIMEOUT_MS;
    for (;;) {
      const tables = await Promise.all(processes.map((member) => member.do("members", undefined)));
      const alive = tables.map((table) => table.filter(({ state }) => state === "alive").length);
      if (alive.every((count) => count === processes.length)) break;
      if (performance.now() > giveUpAtMs) throw new Error(notJoined(processes, alive));
      await sleep(POLL_INTERVAL_MS);
    }
    report({ event: "all_joined", members: processes.length });
  }

  async #pingAll(): Promise<void> {
    // One after the other: pings in a crowd would measure how long they queue for this machine's cores.
    for (const member of this.#site.constellation.processes) {
      this.counts.pings += await member.do("ping-all", undefined);
    }
  }
}

function notJoined(processes: readonly MemberProcess[], alive: readonly number[]): string {
  const counts = processes.map(({ node }, index) => `${node} sees ${alive[index]}`);
  return `after ${JOIN_TIMEOUT_MS / 1000} s not all ${processes.length} members see each other: ${counts.join(", ")}`;
}

/** More than two chunks of 1 MiB. */
const FIRST_FILE_SIZE = 2_500_000;
const FILE_SIZE = 100_000;
const ROUND_COUNT_MIN = 3;
const FILE_EVERY_ROUNDS = 3;
const MOVE_EVERY_ROUNDS = 15;
const JOIN_TIMEOUT_MS = 20_000;
const POLL_INTERVAL_MS = 100;
