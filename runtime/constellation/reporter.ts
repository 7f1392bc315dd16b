import type { Heartbeat, LoadReport, Logger, Peer, ResourceStatus } from "../index.js";
import { Repeat } from "./repeat.js";
import type { AgentTiming } from "./timing.js";

export interface ReporterOptions {
  /** Rejects when no controller is known after a while. */
  readonly controller: (signal: AbortSignal) => Promise<Pick<Peer, "heartbeat" | "resource">>;
  readonly measure: () => Promise<ResourceStatus>;
  readonly instanceCount: () => number;
  /** Called before each regular `resource.status`: the time to repeat what else the controller must know. */
  readonly onRegularReport: () => void;
  /** Called when the controller has been reached. */
  readonly onReached: () => void;
  /** Between two heartbeats, as for those to all members. */
  readonly heartbeatIntervalMs: number;
  readonly timing: AgentTiming;
  readonly logger: Logger;
}

/**
 * Tells the controller how the node is: a `heartbeat` at its interval, a `resource.status` at its own and
 * whenever something changes much. A controller that is away is tried again at the next interval.
 */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #repeats: Repeat[] = [];
  readonly #closing = new AbortController();
  #status: ResourceStatus;
  #reported: { readonly status: ResourceStatus; readonly atMs: number } | undefined;
  #isReached: boolean | undefined;

  private constructor(options: ReporterOptions, status: ResourceStatus) {
    this.#options = options;
    this.#status = status;
  }

  /** Measures once, so that there is a load to tell from the beginning. */
  static async create(options: ReporterOptions): Promise<Reporter> {
    return new Reporter(options, await options.measure());
  }

  start(): void {
    const { heartbeatIntervalMs, timing } = this.#options;
    const { measureIntervalMs } = timing;
    const repeat = (intervalMs: number, action: () => Promise<void>) =>
      this.#repeats.push(new Repeat({ intervalMs, action, onError: (error) => this.#fail(error) }));
    repeat(heartbeatIntervalMs, () => this.#heartbeat());
    repeat(measureIntervalMs, () => this.#measure());
  }

  /** Says everything anew: the controller is another one, or was away. */
  reportSoon(): void {
    this.#reported = undefined;
    for (const repeat of this.#repeats) repeat.soon();
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await Promise.all(this.#repeats.map((repeat) => repeat.close()));
  }

  /** The load for `gossip.heartbeat`. */
  load(): LoadReport {
    const { cpu_percent, ram_used_mb, instance_count } = this.#load();
    return { cpu_percent, ram_used_mb, instances: instance_count };
  }

  #load(): Heartbeat {
    const { cpu, ram } = this.#status;
    return {
      cpu_percent: cpu.percent_used,
      ram_used_mb: Math.round(ram.total_mb - ram.available_mb),
      instance_count: this.#options.instanceCount(),
    };
  }

  async #heartbeat(): Promise<void> {
    const { signal } = this.#closing;
    const controller = await this.#options.controller(signal);
    await controller.heartbeat(this.#load(), { signal });
    this.#succeed();
  }

  async #measure(): Promise<void> {
    this.#status = await this.#options.measure().catch((error: unknown) => {
      this.#options.logger.error(
        { error },
        "this machine cannot be measured; its last figures stand",
      );
      return this.#status;
    });
    const { signal } = this.#closing;
    const reported = this.#reported;
    const now = performance.now();
    const isDue =
      reported === undefined || now - reported.atMs >= this.#options.timing.resourceIntervalMs;
    if (!isDue && !hasChangedMuch(reported.status, this.#status)) return;
    const controller = await this.#options.controller(signal);
    if (isDue) this.#options.onRegularReport();
    await controller.resource.status(this.#status, { signal });
    this.#reported = { status: this.#status, atMs: now };
    this.#succeed();
  }

  #succeed(): void {
    if (this.#isReached === false) this.#options.logger.info({}, "the controller is back");
    this.#isReached = true;
    this.#options.onReached();
  }

  /** Said once, not at every interval. */
  #fail(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    if (this.#isReached !== false) {
      this.#options.logger.warn({ error }, "the controller cannot be reached; trying on");
    }
    this.#isReached = false;
    this.#reported = undefined;
  }
}

/** Whether a controller would place differently: a tenth of a resource has been taken or freed. */
export function hasChangedMuch(before: ResourceStatus, after: ResourceStatus): boolean {
  const resources = ["cpu", "ram", "disk"] as const;
  return resources.some(
    (each) => Math.abs(after[each].percent_used - before[each].percent_used) >= CHANGE_PERCENT_MIN,
  );
}

const CHANGE_PERCENT_MIN = 10;
