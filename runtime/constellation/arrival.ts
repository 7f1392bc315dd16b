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

export interface ArrivalOptions {
  readonly dataDir: string;
  /** Where instances are put together until they are complete: a folder on the disk of their final place. */
  readonly staging: string;
  readonly runner: Pick<InstanceRunner, "start" | "stop" | "has" | "check" | "logs">;
  /** The node that an instance is on; rejects where it is not known and not at the address. */
  readonly source: (move: InstanceMove) => Promise<Source>;
  /** Asks the controller where an instance is. */
  readonly locate: (instanceId: string, signal: AbortSignal) => Promise<InstanceLocation>;
  readonly logger: Logger;
  readonly random: () => number;
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

/** One instance on its way here. */
export class Arrival {
  readonly #move: InstanceMove;
  readonly #options: ArrivalOptions;
  #progress: Pick<InstanceProgress, "bytes" | "total_bytes" | "state"> = {
    bytes: 0,
    total_bytes: 0,
    state: "transferring",
  };

  constructor(move: InstanceMove, options: ArrivalOptions) {
    this.#move = move;
    this.#options = options;
  }

  /** How far it is. */
  get progress(): InstanceProgress {
    return { instance_id: this.#move.instance_id, ...this.#progress };
  }

  /** Takes the instance over. Gives the source, which is to be told of it by `confirm`. */
  async take(signal: AbortSignal): Promise<Source> {
    const { source: find, logger } = this.#options;
    await this.#assertThere(signal);
    const source = await find(this.#move);
    try {
      await this.#pullAndStart(source, signal);
    } catch (error) {
      logger.warn({ ...this.#move, error }, "an instance could not be taken over");
      await this.#decline(source, error);
      throw error;
    }
    this.#progress = { ...this.#progress, state: "done" };
    logger.info({ ...this.#move }, "an instance was taken over");
    return source;
  }

  /**
   * Says `taken` until the source has heard it. While it cannot, it asks, and learns it so. `signal`: this node
   * says nothing more.
   */
  async confirm(source: Source, signal: AbortSignal): Promise<void> {
    const { logger, runner } = this.#options;
    const { instance_id, from } = this.#move;
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
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
      if (signal.aborted || !runner.has(instance_id)) return;
    }
  }

  async #assertThere(signal: AbortSignal): Promise<void> {
    const { instance_id, from } = this.#move;
    const { node } = await this.#options.locate(instance_id, signal);
    if (node === from) return;
    throw new RnpError("CONFLICT", `instance ${instance_id} is on ${node}, not on ${from}`, {
      details: { kind: "instance", id: instance_id, expected: from, got: node },
    });
  }

  async #pullAndStart(source: Source, signal: AbortSignal): Promise<void> {
    const { runner, dataDir, logger, random } = this.#options;
    const { instance_id: instanceId } = this.#move;
    const arriving = await pullInstance({
      instanceId,
      transfer: (request, limits) => source.transfer(request, limits),
      arrive: () => this.#arrive(instanceId),
      onProgress: (bytes, total_bytes) => {
        this.#progress = { bytes, total_bytes, state: "transferring" };
      },
      onCreate: (create) => runner.check(create),
      signal,
      logger,
      random,
    });
    this.#progress = { ...this.#progress, state: "starting" };
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
    const { staging } = this.#options;
    await mkdir(staging, { recursive: true, mode: 0o700 });
    return new ArrivingInstance({
      instanceId,
      staging: await mkdtemp(join(staging, `${instanceId}-`)),
    });
  }

  /** Should the source not hear of it, it will ask. */
  async #decline(source: Source, cause: unknown): Promise<void> {
    const { instance_id } = this.#move;
    const reason = (cause instanceof Error ? cause.message : String(cause)).slice(0, 256);
    const declined = { instance_id, result: "declined" as const, reason };
    await source.handover(declined, { timeoutMs: HANDOVER_TIMEOUT_MS }).catch((error: unknown) => {
      const text = "the source of a move cannot be told of its end";
      this.#options.logger.warn({ ...this.#move, error }, text);
    });
  }
}

/** A source that is out of reach must hold up neither whoever ordered the move nor the end of the agent. */
const HANDOVER_TIMEOUT_MS = 5000;
const CONFIRM_MS_MIN = 250;
const CONFIRM_MS_MAX = 30_000;
