import { setTimeout as sleep } from "node:timers/promises";
import { aborted } from "../stop-signal.js";
import { Constellation } from "./constellation.js";
import type { UpEvent } from "./events.js";
import { type Interval, intervalsOf } from "./intervals.js";
import type { MembershipStart } from "./ipc.js";
import type { View } from "./page.js";
import type { Reporter } from "./reporters.js";
import { type Summary, summaryOf } from "./summary.js";
import { missingTypes, sumTraffic } from "./traffic.js";
import { Work } from "./work.js";

export interface RunOptions {
  readonly nodeCount: number;
  readonly membership: MembershipStart;
  /** How long it works before it stops by itself; infinite on a terminal. */
  readonly durationMs: number;
  readonly startedAtMs: number;
  /** Ctrl-C. */
  readonly stop: AbortSignal;
  readonly reporterOf: (view: () => Omit<View, "events">) => Reporter;
}

/** One life of `rnp up`, from the first certificate to the summary. */
export class Run {
  readonly #options: RunOptions;
  readonly #intervals: readonly Interval[];
  readonly #reporter: Reporter;
  readonly #constellation: Constellation;
  readonly #work: Work;
  readonly #problems: string[] = [];
  /** A member died: there is nothing left to wait for. */
  readonly #failed = new AbortController();
  #phase: View["phase"] = "starting";

  constructor(options: RunOptions) {
    this.#options = options;
    this.#intervals = intervalsOf(options.membership.liveness);
    this.#reporter = options.reporterOf(() => this.#view());
    const report = (event: UpEvent) => this.#reporter.report(event);
    const onDied = (text: string) => {
      this.#problem(text);
      this.#failed.abort();
    };
    this.#constellation = new Constellation({ ...options, cluster: CLUSTER, report, onDied });
    this.#work = new Work(this.#constellation, report);
  }

  /** Settles when everything has ended and nothing is left. */
  async toTheEnd(): Promise<Summary> {
    const { nodeCount, stop } = this.#options;
    const report = (event: UpEvent) => this.#reporter.report(event);
    const intervals = this.#intervals;
    report({ event: "starting", cluster: CLUSTER, nodes: nodeCount, intervals });
    const over = AbortSignal.any([stop, this.#failed.signal]);
    const progress = setInterval(() => report(this.#progress()), PROGRESS_INTERVAL_MS);
    const living = this.#live(over).catch(async (error: Error) => {
      // If a member died, that is the problem, and word of it may come later than what it caused.
      await sleep(CAUSE_MS, undefined, { signal: over }).catch(() => {});
      // What is under way when somebody asks to stop may well fail.
      if (!over.aborted) this.#problem(error.message);
    });
    await Promise.race([living, aborted(over).then(() => sleep(FINISH_MS))]);
    clearInterval(progress);
    this.#phase = "stopping";
    report({ event: "stopping" });
    for (const text of await this.#constellation.close()) this.#problem(text);
    return this.#conclude();
  }

  /** Starts, does everything once, and goes on until the time is up or `over` aborts. */
  async #live(over: AbortSignal): Promise<void> {
    const { durationMs, startedAtMs } = this.#options;
    await this.#constellation.start();
    this.#phase = "running";
    await this.#work.begin();
    const untilMs = startedAtMs + durationMs;
    while (!over.aborted && (performance.now() < untilMs || !this.#work.isComplete)) {
      await this.#work.round();
      const restMs = this.#work.isComplete ? untilMs - performance.now() : ROUND_INTERVAL_MS;
      const pauseMs = Math.max(0, Math.min(ROUND_INTERVAL_MS, restMs));
      await sleep(pauseMs, undefined, { signal: over }).catch(() => {});
    }
  }

  #conclude(): Summary {
    const traffic = sumTraffic(this.#constellation.stats);
    // A member that died did not leave, nor could it tell what it had received.
    const isComplete = this.#work.isComplete && !this.#failed.signal.aborted;
    const missing = isComplete ? missingTypes(traffic, this.#options.nodeCount) : [];
    if (missing.length > 0) this.#problem(`never received: ${missing.join(", ")}`);
    const durationMs = performance.now() - this.#options.startedAtMs;
    const totals = { members: this.#constellation.aliveCountMax, ...this.#work.counts };
    const { leftOut } = this.#work;
    const outcome = { isComplete, problems: this.#problems, leftOut, durationMs };
    const summary = summaryOf(totals, traffic, outcome);
    this.#reporter.end(summary);
    return summary;
  }

  #problem(text: string): void {
    this.#problems.push(text);
    this.#reporter.report({ event: "problem", text });
  }

  #progress(): UpEvent {
    const { instances_started: _, ...counts } = this.#work.counts;
    const traffic = sumTraffic(this.#constellation.stats);
    const messages = traffic.reduce((sum, { received }) => sum + received, 0);
    return { event: "progress", messages, ...counts };
  }

  #view(): Omit<View, "events"> {
    const { members, processes, stats } = this.#constellation;
    return {
      cluster: CLUSTER,
      phase: this.#phase,
      uptimeMs: performance.now() - this.#options.startedAtMs,
      processCount: processes.length,
      intervals: this.#intervals,
      members,
      instances: this.#instanceLines(),
      files: this.#filesLine(),
      traffic: sumTraffic(stats),
    };
  }

  #instanceLines(): string[] {
    const { instances, services } = this.#constellation;
    return instances.map(({ instance_id, node, pid, listening_on, state }) => {
      const line = `${instance_id} ${state} on ${node}, pid ${pid}, ${listening_on}`;
      const service = services.find(({ registration }) => registration.instance_id === instance_id);
      if (service === undefined) return line;
      const health = service.healthy ? "healthy" : "not healthy";
      return `${line}, ${service.registration.service_name} ${health}`;
    });
  }

  #filesLine(): string {
    const { files_written, files_read, replicas_verified, pings } = this.#work.counts;
    const files = `files: ${files_written} written, ${files_read} read back`;
    return `${files}, ${replicas_verified} replicas verified by SHA-256; ${pings} pings`;
  }
}

const CLUSTER = "demo";
const ROUND_INTERVAL_MS = 1000;
const PROGRESS_INTERVAL_MS = 5000;
const CAUSE_MS = 500;
/** What is under way at a Ctrl-C may take this long. */
const FINISH_MS = 1000;
