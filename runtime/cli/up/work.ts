import { setTimeout as sleep } from "node:timers/promises";
import type { Constellation } from "./constellation.js";
import type { UpEvent } from "./events.js";
import { FileWork } from "./file-work.js";
import { InstanceWork } from "./instance-work.js";
import type { MemberProcess } from "./member-process.js";
import type { Counts, WorkSite } from "./work-site.js";

/**
 * The work that `rnp up` has its constellation do: everything once, in order, then the everyday part again
 * and again. Whatever does not happen as it should is an error of `begin` or `round`.
 */
export class Work {
  readonly counts: Counts = {
    pings: 0,
    instances_started: 0,
    service_calls: 0,
    files_written: 0,
    replicas_verified: 0,
  };
  readonly #site: WorkSite;
  readonly #instance: InstanceWork;
  readonly #files: FileWork;
  #roundCount = 0;

  constructor(constellation: Constellation, report: (event: UpEvent) => void) {
    this.#site = { constellation, counts: this.counts, report };
    this.#instance = new InstanceWork(this.#site);
    this.#files = new FileWork(this.#site);
  }

  /** Whether everything has been done, and some time has passed for what happens at intervals. */
  get isComplete(): boolean {
    return this.#roundCount >= ROUND_COUNT_MIN;
  }

  /**
   * Everything once: joining, an instance on allocated resources, its service, a replicated file, and the
   * instance moved to another node.
   */
  async begin(): Promise<void> {
    await this.#untilAllJoined();
    await this.#pingAll();
    await this.#instance.start();
    await this.#instance.callService(this.#roundCount, true);
    await this.#files.read(await this.#files.write(FIRST_FILE_SIZE));
    await this.#instance.watchLoad();
    await this.#instance.move();
    await this.#instance.readOutput();
  }

  /** A second of everyday life. */
  async round(): Promise<void> {
    await this.#pingAll();
    await this.#instance.callService(this.#roundCount, false);
    if (this.#roundCount % FILE_EVERY_ROUNDS === 1) await this.#files.write(FILE_SIZE);
    this.#roundCount += 1;
  }

  async #untilAllJoined(): Promise<void> {
    const { processes } = this.#site.constellation;
    const giveUpAtMs = performance.now() + JOIN_TIMEOUT_MS;
    for (;;) {
      const tables = await Promise.all(processes.map((member) => member.do("members", undefined)));
      const alive = tables.map((table) => table.filter(({ state }) => state === "alive").length);
      if (alive.every((count) => count === processes.length)) break;
      if (performance.now() > giveUpAtMs) throw new Error(notJoined(processes, alive));
      await sleep(POLL_INTERVAL_MS);
    }
    this.#site.report({ event: "all_joined", members: processes.length });
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
const JOIN_TIMEOUT_MS = 20_000;
const POLL_INTERVAL_MS = 100;
