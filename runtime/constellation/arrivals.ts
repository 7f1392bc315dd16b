import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import {
  type InstanceChunk,
  type InstanceCreate,
  type InstanceHandover,
  type InstanceLocation,
  type InstanceMove,
  type InstanceProgress,
  type InstanceTransfer,
  isRnpError,
  type Logger,
  RnpError,
} from "../index.js";
import { ArrivingInstance } from "./arriving-instance.js";
import { instanceFolder } from "./instance-folder.js";
import type { InstanceRunner } from "./instance-runner.js";
import { pullInstance } from "./pull-instance.js";

/** What is asked of the node that an instance comes from. */
export interface Source {
  transfer(
    request: InstanceTransfer,
    options: { signal: AbortSignal },
  ): AsyncIterable<InstanceChunk>;
  handover(data: InstanceHandover, options: { timeoutMs: number }): Promise<void>;
}

export interface ArrivalsOptions {
  /** The name of this node. */
  readonly self: () => string;
  readonly dataDir: string;
  readonly runner: Pick<InstanceRunner, "start" | "stop" | "has" | "check" | "logs">;
  /** The node that an instance is on; rejects where it is not known and not at the address. */
  readonly source: (move: InstanceMove) => Promise<Source>;
  /** Asks the controller where an instance is. */
  readonly locate: (instanceId: string, signal: AbortSignal) => Promise<InstanceLocation>;
  readonly logger: Logger;
  readonly random: () => number;
  /** Instances that may be arriving at once. Default 4: they share one disk and one line. */
  readonly arrivingCountMax?: number;
  /** Between two items of progress. Default 250 ms. */
  readonly progressIntervalMs?: number;
}

/** A move under way. */
interface Arrival {
  readonly move: InstanceMove;
  progress: Pick<InstanceProgress, "bytes" | "total_bytes" | "state">;
}

/*
 * The target's side of a move; `Departures` has the other one.
 *
 * 1. The controller says that the instance is where the order says; else nothing happens. So no node can have
 *    a program started here that the controller did not create.
 * 2. The instance is read into the staging folder. Crash: the folder is removed when the agent starts again,
 *    the source is asked for nothing more and starts its instance again.
 * 3. Complete and on disk, the folder is moved to its place and the instance started. Crash: as after any
 *    crash of its node it does not run; asked by the source, this node says that it does not have it.
 * 4. The controller is told, then the source: `taken`, until it has confirmed. Does the source answer that it
 *    has started the instance itself, then the one here is stopped.
 *
 * Whatever fails before the instance has started, the source is told `declined`.
 */

/** Takes over instances of other nodes. */
export class Arrivals {
  readonly #options: Required<ArrivalsOptions>;
  readonly #arriving = new Map<string, Arrival>();
  readonly #closing = new AbortController();
  readonly #work = new Set<Promise<void>>();

  constructor(options: ArrivalsOptions) {
    this.#options = { arrivingCountMax: 4, progressIntervalMs: 250, ...options };
  }

  /** Whether the instance is on its way here. */
  has(instanceId: string): boolean {
    return this.#arriving.has(instanceId);
  }

  /** Removes what an earlier life of this agent did not complete. */
  async recover(): Promise<void> {
    await rm(this.#staging, { recursive: true, force: true });
  }

  /**
   * `instance.move`: takes the instance over and tells how far it is. Who stops listening before it has
   * started gives the move up.
   */
  async *move(
    move: InstanceMove,
    signal: AbortSignal,
  ): AsyncGenerator<InstanceProgress, void, undefined> {
    const { instance_id } = move;
    const arrival = this.#admit(move);
    const left = new AbortController();
    const until = AbortSignal.any([left.signal, signal, this.#closing.signal]);
    const work = this.#take(arrival, until).finally(() => this.#arriving.delete(instance_id));
    const quiet = work.catch(() => {});
    this.#work.add(quiet);
    void quiet.then(() => this.#work.delete(quiet));
    try {
      yield* this.#progress(arrival, work, until);
      yield { instance_id, ...arrival.progress };
    } finally {
      left.abort();
      await quiet;
    }
  }

  /** Gives up what has not arrived, and waits until the sources have been told so. */
  async close(): Promise<void> {
    this.#closing.abort(new RnpError("UNAVAILABLE", "this node is shutting down"));
    await Promise.all(this.#work);
  }

  get #staging(): string {
    return join(this.#options.dataDir, "arriving");
  }

  #admit(move: InstanceMove): Arrival {
    const { runner, self, arrivingCountMax: limit } = this.#options;
    const { instance_id: id, from } = move;
    if (this.#closing.signal.aborted) throw this.#closing.signal.reason;
    if (from === self() || runner.has(id)) throw hereAlready(id);
    if (this.#arriving.has(id)) throw onItsWay(id);
    const used = this.#arriving.size;
    if (used >= limit) {
      throw new RnpError("QUOTA_EXCEEDED", `${used} instances are arriving, the most at once`, {
        details: { quota: "arriving_instances", limit, used },
      });
    }
    const progress = { bytes: 0, total_bytes: 0, state: "transferring" as const };
    const arrival: Arrival = { move, progress };
    this.#arriving.set(id, arrival);
    return arrival;
  }

  /** An item at each interval, and at once with each new state, until the work is done. */
  async *#progress(
    arrival: Arrival,
    work: Promise<void>,
    signal: AbortSignal,
  ): AsyncGenerator<InstanceProgress, void, undefined> {
    const { instance_id } = arrival.move;
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    done.catch(() => {});
    while (!isDone) {
      yield { instance_id, ...arrival.progress };
      const over = new AbortController();
      const tick = sleep(this.#options.progressIntervalMs, undefined, {
        signal: AbortSignal.any([over.signal, signal]),
      });
      // A listener that has gone is not kept waiting for; its leave has ended the work.
      await Promise.race([done, tick.catch(() => {})]);
      over.abort();
      if (signal.aborted) await done;
    }
    await done;
  }

  async #take(arrival: Arrival, signal: AbortSignal): Promise<void> {
    const { source: find, logger } = this.#options;
    const { move } = arrival;
    const { instance_id } = move;
    await this.#assertThere(move, signal);
    const source = await find(move);
    try {
      await this.#pullAndStart(arrival, source, signal);
    } catch (error) {
      logger.warn({ ...move, error }, "an instance could not be taken over");
      const reason = (error instanceof Error ? error.message : String(error)).slice(0, 256);
      const declined = { instance_id, result: "declined" as const, reason };
      // Should it not hear of it, it will ask.
      await source
        .handover(declined, { timeoutMs: HANDOVER_TIMEOUT_MS })
        .catch((unheard: unknown) => {
          logger.warn(
            { ...move, error: unheard },
            "the source of a move cannot be told of its end",
          );
        });
      throw error;
    }
    arrival.progress = { ...arrival.progress, state: "done" };
    logger.info({ ...move }, "an instance was taken over");
    const confirmed = this.#confirm(move, source);
    this.#work.add(confirmed);
    void confirmed.then(() => this.#work.delete(confirmed));
  }

  async #assertThere({ instance_id, from }: InstanceMove, signal: AbortSignal): Promise<void> {
    const { node } = await this.#options.locate(instance_id, signal);
    if (node === from) return;
    throw new RnpError("CONFLICT", `instance ${instance_id} is on ${node}, not on ${from}`, {
      details: { kind: "instance", id: instance_id, expected: from, got: node },
    });
  }

  async #pullAndStart(arrival: Arrival, source: Source, signal: AbortSignal): Promise<void> {
    const { runner, dataDir, logger, random } = this.#options;
    const { instance_id: instanceId } = arrival.move;
    const arriving = await pullInstance({
      instanceId,
      transfer: (request, limits) => source.transfer(request, limits),
      arrive: () => this.#arrive(instanceId),
      onProgress: (bytes, total_bytes) => {
        arrival.progress = { bytes, total_bytes, state: "transferring" };
      },
      onCreate: (create) => runner.check(create),
      signal,
      logger,
      random,
    });
    arrival.progress = { ...arrival.progress, state: "starting" };
    runner.logs.remove(instanceId);
    const folder = instanceFolder(dataDir, instanceId);
    await arriving.settle(folder);
    try {
      await runner.start(arriving.create as InstanceCreate, signal);
    } catch (error) {
      runner.logs.remove(instanceId);
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  async #arrive(instanceId: string): Promise<ArrivingInstance> {
    await mkdir(this.#staging, { recursive: true, mode: 0o700 });
    const staging = await mkdtemp(join(this.#staging, `${instanceId}-`));
    return new ArrivingInstance({ instanceId, staging });
  }

  /** Says `taken` until the source has heard it. While it cannot, it asks, and learns it so. */
  async #confirm({ instance_id, from }: InstanceMove, source: Source): Promise<void> {
    const { logger, runner } = this.#options;
    for (let pauseMs = CONFIRM_MS_MIN; ; pauseMs = Math.min(CONFIRM_MS_MAX, 2 * pauseMs)) {
      try {
        const taken = { instance_id, result: "taken" as const };
        return await source.handover(taken, { timeoutMs: HANDOVER_TIMEOUT_MS });
      } catch (error) {
        if (isRnpError(error) && error.code === "CONFLICT") {
          logger.warn({ instance_id, from }, "an instance runs at its source again; it ends here");
          return await runner.stop(instance_id);
        }
        logger.warn({ instance_id, from, error }, "the source does not know yet that it is taken");
      }
      const { signal } = this.#closing;
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
      if (signal.aborted || !runner.has(instance_id)) return;
    }
  }
}

function hereAlready(id: string): RnpError {
  return new RnpError("ALREADY_EXISTS", `instance ${id} is on this node already`, {
    details: { kind: "instance", id },
  });
}

function onItsWay(id: string): RnpError {
  return new RnpError("CONFLICT", `instance ${id} is being moved to this node already`, {
    details: { kind: "instance", id, got: "moving" },
  });
}

/** A source that is out of reach must hold up neither whoever ordered the move nor the end of the agent. */
const HANDOVER_TIMEOUT_MS = 5000;
const CONFIRM_MS_MIN = 250;
const CONFIRM_MS_MAX = 30_000;
