import { rm } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type InstanceMove, type InstanceProgress, RnpError } from "../index.js";
import { Arrival, type ArrivalOptions } from "./arrival.js";

export interface ArrivalsOptions extends Omit<ArrivalOptions, "staging"> {
  /** The name of this node. */
  readonly self: () => string;
  /** Instances that may be arriving at once. Default 4: they share one disk and one line. */
  readonly arrivingCountMax?: number;
  /** Between two items of progress. Default 250 ms. */
  readonly progressIntervalMs?: number;
}

/** Takes over instances of other nodes. */
export class Arrivals {
  readonly #options: Required<ArrivalsOptions>;
  readonly #staging: string;
  readonly #arriving = new Map<string, Arrival>();
  readonly #closing = new AbortController();
  readonly #work = new Set<Promise<void>>();

  constructor(options: ArrivalsOptions) {
    this.#options = { arrivingCountMax: 4, progressIntervalMs: 250, ...options };
    this.#staging = join(options.dataDir, "arriving");
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
    this.#waitFor(quiet);
    try {
      yield* this.#progress(arrival, work, until);
      yield arrival.progress;
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
    const arrival = new Arrival(move, { ...this.#options, staging: this.#staging });
    this.#arriving.set(id, arrival);
    return arrival;
  }

  /** An item at each interval, and at once with each new state, until the work is done. */
  async *#progress(
    arrival: Arrival,
    work: Promise<void>,
    signal: AbortSignal,
  ): AsyncGenerator<InstanceProgress, void, undefined> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    done.catch(() => {});
    while (!isDone) {
      yield arrival.progress;
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
    const source = await arrival.take(signal);
    this.#waitFor(arrival.confirm(source, this.#closing.signal));
  }

  /** What `close` waits for. */
  #waitFor(work: Promise<void>): void {
    this.#work.add(work);
    void work.then(() => this.#work.delete(work));
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
