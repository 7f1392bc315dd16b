import { rm } from "node:fs/promises";
import type { InstanceCreate, InstanceStopped, Logger } from "../index.js";
import type { DepartureNotes } from "./departure-notes.js";
import { instanceFolder } from "./instance-folder.js";
import { noInstance } from "./instance-location.js";
import type { InstanceRunner } from "./instance-runner.js";
import type { Notices } from "./notices.js";

export interface HeldInstancesOptions {
  /** The name of this node. */
  readonly self: () => string;
  readonly dataDir: string;
  readonly notes: DepartureNotes;
  readonly runner: Pick<InstanceRunner, "start" | "stop" | "logs">;
  readonly notices: Notices;
  readonly logger: Logger;
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
}

/** An instance that is stopped here and held for another node. */
export interface HeldInstance {
  readonly create: InstanceCreate;
  readonly to: string;
  /** Settles when it does not run here any more. */
  readonly isStopped: Promise<void>;
  /** How it ended here; `undefined` until then, and for one that an earlier life of this agent held. */
  stopped: InstanceStopped | undefined;
  /** Transfers that are being read. */
  readerCount: number;
  touchedAtMs: number;
  /** It is being started again, or forgotten. */
  isOver: boolean;
}

/** The instances that are held here, and the ways in which that ends: each has moved, runs here again, or is no more. */
export class HeldInstances {
  readonly #options: HeldInstancesOptions;
  readonly #held = new Map<string, HeldInstance>();

  constructor(options: HeldInstancesOptions) {
    this.#options = options;
  }

  has(instanceId: string): boolean {
    return this.#held.has(instanceId);
  }

  get(instanceId: string): HeldInstance | undefined {
    return this.#held.get(instanceId);
  }

  /** All of them, by their ids. */
  entries(): IterableIterator<[string, HeldInstance]> {
    return this.#held.entries();
  }

  /** Holds one that an earlier life of this agent held. Its taker counts as silent since `touchedAtMs`. */
  recover(create: InstanceCreate, to: string, touchedAtMs: number): void {
    const isStopped = Promise.resolve();
    const rest = { stopped: undefined, readerCount: 0, touchedAtMs, isOver: false };
    this.#held.set(create.instance_id, { create, to, isStopped, ...rest });
  }

  /** Stops an instance and holds it. */
  hold(create: InstanceCreate, to: string): HeldInstance {
    const { runner, now } = this.#options;
    const { instance_id } = create;
    // Its end has to find it held.
    const isStopped = Promise.resolve().then(() => runner.stop(instance_id));
    // Whoever has it stopped is about to read.
    const rest = { stopped: undefined, readerCount: 1, touchedAtMs: now(), isOver: false };
    const held: HeldInstance = { create, to, isStopped, ...rest };
    this.#held.set(instance_id, held);
    return held;
  }

  /** It runs at the other node. */
  async forget(id: string, held: HeldInstance): Promise<void> {
    const { dataDir, notes, runner, logger } = this.#options;
    held.isOver = true;
    this.#held.delete(id);
    logger.info({ instance_id: id, to: held.to }, "an instance has moved away");
    runner.logs.remove(id);
    await notes.remove(id);
    await rm(instanceFolder(dataDir, id), { recursive: true, force: true });
  }

  /** It does not run at the other node: starts it again here. */
  async resume(id: string, held: HeldInstance): Promise<void> {
    const { runner, notices, notes, self, logger } = this.#options;
    held.isOver = true;
    // The word that it is not wanted may come while it is still being stopped.
    await held.isStopped;
    notices.add({ type: "instance.moving", data: { instance_id: id, to: self() } });
    try {
      if (hasEndedByItself(held)) throw noInstance(id);
      const started = await runner.start(held.create);
      notices.add({ type: "instance.started", data: started });
      this.#held.delete(id);
    } catch (error) {
      logger.error({ instance_id: id, error }, "an instance that did not move cannot be restarted");
      this.#tellEnd(id, held);
    }
    await notes.remove(id);
  }

  /** It will run nowhere. */
  async end(id: string, held: HeldInstance): Promise<void> {
    this.#tellEnd(id, held);
    await this.#options.notes.remove(id);
  }

  #tellEnd(id: string, held: HeldInstance): void {
    held.isOver = true;
    this.#held.delete(id);
    const unseen = { exit_code: 0, reason: "terminated", runtime_seconds: 0 };
    const data = held.stopped ?? { instance_id: id, ...unseen };
    this.#options.notices.add({ type: "instance.stopped", data });
  }
}

/** It came to its end just when it was to be stopped. */
export function hasEndedByItself({ stopped }: HeldInstance): boolean {
  return stopped?.reason === "exited" || stopped?.reason === "failed";
}
