import { performance } from "node:perf_hooks";
import { isDeepStrictEqual } from "node:util";
import {
  type InstanceCreate,
  type InstanceStarted,
  type InstanceStopped,
  type Logger,
  RnpError,
} from "../index.js";
import { pruneInstanceFolders } from "./instance-folder.js";
import { InstanceLogs } from "./instance-logs.js";
import type { End, InstanceProcess } from "./instance-process.js";
import { commandOf, launch, type StartSettings, untilReady } from "./instance-start.js";
import { SCRIPT_RUNNERS, type ScriptRunners } from "./script-runner.js";

export interface InstanceRunnerOptions {
  /** Scripts are taken from here and from nowhere else. */
  readonly scriptDir: string;
  /** Each instance works in `instances/<id>` below this folder. */
  readonly dataDir: string;
  /** Called once for each instance that has started, and before `onStopped` in any case. */
  readonly onStarted?: (instance: RunningInstance) => void;
  /** Called once for each instance that had started, when it has ended. */
  readonly onStopped: (stopped: InstanceStopped, instance: RunningInstance) => void;
  readonly logger: Logger;
  /** Which program runs which extension. Default: `.js` `.mjs` `.sh` `.py` `.rads`. */
  readonly runners?: ScriptRunners;
  /** Where programs are looked up. Default: the agent's own PATH. */
  readonly searchPath?: string;
  /** How long an instance with a PORT may take to listen. Default 20 s: the request waits 30 s. */
  readonly startTimeoutMs?: number;
  /** An instance without a PORT counts as started when it still lives after this. Default 20 ms. */
  readonly settleMs?: number;
  /** How long a stopped instance may take before it is killed. Default 5 s. */
  readonly stopGraceMs?: number;
  /** What an instance prints goes into files of this size. Default 1 MiB. */
  readonly logFileSizeMax?: number;
  /** Of these, so many are kept for each instance, the newest. Default 4. */
  readonly logFileCountMax?: number;
  /** Instances at once. Default 256; each one is a process. */
  readonly instanceCountMax?: number;
  /** Folders of ended instances that are kept for their logs. Default 64. */
  readonly endedFolderCountMax?: number;
  /** Whether the folder of an instance that does not run is kept in any case. Default: none is. */
  readonly isHeld?: (instanceId: string) => boolean;
}

/** An instance that has started and not ended. */
export interface RunningInstance {
  readonly create: InstanceCreate;
  readonly started: InstanceStarted;
}

interface Entry {
  readonly create: InstanceCreate;
  readonly answer: Promise<InstanceStarted>;
  /** Gives up a start that is under way. */
  readonly abort: AbortController;
  process?: InstanceProcess;
  started?: InstanceStarted;
}

/**
 * Runs instances as processes of this machine: starts them from the script folder, watches them, and
 * leaves none behind, neither after `close` nor when the agent's process exits.
 */
export class InstanceRunner {
  readonly #options: Required<InstanceRunnerOptions>;
  /** What the instances here have printed, also of those that have ended. */
  readonly logs: InstanceLogs;
  readonly #entries = new Map<string, Entry>();
  readonly #killAll = (): void => {
    for (const { process } of this.#entries.values()) process?.kill();
  };
  #isClosed = false;

  constructor(options: InstanceRunnerOptions) {
    this.#options = { ...DEFAULTS, searchPath: process.env.PATH ?? "", ...options };
    const { dataDir, logger, logFileSizeMax: fileSizeMax, logFileCountMax } = this.#options;
    this.logs = new InstanceLogs({ dataDir, logger, fileSizeMax, fileCountMax: logFileCountMax });
  }

  /**
   * Starts an instance. The same message again gives the same answer, so a repeated delivery does no harm.
   * `signal` gives the start up, not an instance that has started.
   */
  async start(create: InstanceCreate, signal?: AbortSignal): Promise<InstanceStarted> {
    const known = this.#entries.get(create.instance_id);
    if (known !== undefined) return repeated(known, create);
    this.#refuseExcess();
    const abort = new AbortController();
    const signals = signal === undefined ? [abort.signal] : [abort.signal, signal];
    const answer = this.#start(create, AbortSignal.any(signals));
    if (this.#entries.size === 0) process.once("exit", this.#killAll);
    this.#entries.set(create.instance_id, { create, answer, abort });
    try {
      return await answer;
    } catch (error) {
      this.#forget(create.instance_id);
      throw error;
    }
  }

  /** Stops an instance and waits for its end. Nothing happens when there is none. */
  async stop(instanceId: string): Promise<void> {
    const entry = this.#entries.get(instanceId);
    if (entry === undefined) return;
    if (entry.started === undefined) entry.abort.abort();
    else await entry.process?.stop(this.#options.stopGraceMs);
    await Promise.allSettled([entry.answer]);
  }

  /** Whether the instance runs here or is being started. */
  has(instanceId: string): boolean {
    return this.#entries.has(instanceId);
  }

  /** Refuses an instance that could not be started here, with the error that its start would give. */
  async check(create: InstanceCreate): Promise<void> {
    this.#refuseExcess();
    await commandOf(create, this.#options);
  }

  /** What runs here. */
  running(): RunningInstance[] {
    return [...this.#entries.values()].flatMap(({ create, started }) =>
      started === undefined ? [] : [{ create, started }],
    );
  }

  /** Stops everything. Afterwards nothing starts any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([...this.#entries.keys()].map((id) => this.stop(id)));
  }

  async #start(create: InstanceCreate, signal: AbortSignal): Promise<InstanceStarted> {
    const startedAtMs = performance.now();
    const child = await launch(create, { ...this.#options, logs: this.logs }, signal);
    const entry = this.#entries.get(create.instance_id)!;
    entry.process = child;
    const address = await untilReady(create, child, this.#options, signal);
    const startup_time_ms = Math.round((performance.now() - startedAtMs) * 10) / 10;
    const started = { instance_id: create.instance_id, pid: child.pid, startup_time_ms };
    entry.started = address === undefined ? started : { ...started, listening_on: address };
    this.#options.logger.info({ ...entry.started, name: create.name }, "an instance started");
    this.#options.onStarted({ create, started: entry.started });
    void child.ended.then((end) => this.#handleEnd(entry.started!, create, end, startedAtMs));
    void this.#prune();
    return entry.started;
  }

  #handleEnd(
    started: InstanceStarted,
    create: InstanceCreate,
    end: End,
    startedAtMs: number,
  ): void {
    const { instance_id } = create;
    this.#forget(instance_id);
    const runtime_seconds = Math.round(performance.now() - startedAtMs) / 1000;
    const stopped = { instance_id, exit_code: end.exitCode, reason: end.reason, runtime_seconds };
    this.#options.logger.info({ ...stopped, name: create.name }, "an instance stopped");
    this.#options.onStopped(stopped, { create, started });
  }

  #forget(instanceId: string): void {
    this.#entries.delete(instanceId);
    if (this.#entries.size === 0) process.removeListener("exit", this.#killAll);
  }

  async #prune(): Promise<void> {
    const { dataDir, endedFolderCountMax, isHeld, logger } = this.#options;
    await pruneInstanceFolders({
      dataDir,
      isInUse: (id) => this.#entries.has(id) || isHeld(id),
      keptCountMax: endedFolderCountMax,
      onRemove: (id) => this.logs.remove(id),
    }).catch((error: unknown) => {
      logger.warn({ error }, "the folders of ended instances cannot be removed");
    });
  }

  #refuseExcess(): void {
    if (this.#isClosed) throw new RnpError("UNAVAILABLE", "this node is shutting down");
    const { instanceCountMax: limit } = this.#options;
    const used = this.#entries.size;
    if (used < limit) return;
    throw new RnpError("QUOTA_EXCEEDED", `this node runs ${used} instances, the most it may`, {
      details: { quota: "instances", limit, used },
    });
  }
}

const DEFAULTS = {
  onStarted: () => {},
  runners: SCRIPT_RUNNERS,
  startTimeoutMs: 20_000,
  settleMs: 20,
  stopGraceMs: 5000,
  logFileSizeMax: 1024 ** 2,
  logFileCountMax: 4,
  instanceCountMax: 256,
  endedFolderCountMax: 64,
  isHeld: () => false,
} satisfies Partial<InstanceRunnerOptions> & Partial<StartSettings>;

/** A second `instance.create` for one id: the same words get the same answer, others are a conflict. */
function repeated({ create: known, answer }: Entry, create: InstanceCreate) {
  if (isDeepStrictEqual(known, create)) return answer;
  const { instance_id: id } = create;
  throw new RnpError("ALREADY_EXISTS", `instance ${id} runs already, and was created otherwise`, {
    details: { kind: "instance", id },
  });
}
