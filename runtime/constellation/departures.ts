import {
  type InstanceChunk,
  type InstanceCreate,
  type InstanceHandover,
  type InstanceLocation,
  type InstanceStopped,
  type InstanceTransfer,
  type Logger,
  RnpError,
} from "../index.js";
import type { DepartureNotes } from "./departure-notes.js";
import { type HeldInstance, HeldInstances, hasEndedByItself } from "./held-instances.js";
import { instanceFolder } from "./instance-folder.js";
import { noInstance } from "./instance-location.js";
import type { InstanceRunner } from "./instance-runner.js";
import type { Notices } from "./notices.js";
import { type Snapshot, takeSnapshot } from "./snapshot.js";
import { snapshotPieces } from "./snapshot-pieces.js";
import { whereabouts } from "./whereabouts.js";

export interface DeparturesOptions {
  /** The name of this node. */
  readonly self: () => string;
  readonly dataDir: string;
  readonly notes: DepartureNotes;
  readonly runner: Pick<InstanceRunner, "start" | "stop" | "running" | "logs">;
  readonly notices: Notices;
  /** Tells the controller that an instance is about to move; rejects where it may not. */
  readonly announce: (instanceId: string, to: string) => Promise<void>;
  /** Asks a node, or without one the controller, where an instance is. */
  readonly locate: (instanceId: string, node?: string) => Promise<InstanceLocation>;
  readonly logger: Logger;
  /** Milliseconds on a clock that never goes back. */
  readonly now: () => number;
  /** After so much silence of the node that takes an instance, it is asked. Default 10 s. */
  readonly quietMs?: number;
  /** After so much, with that node out of reach, the instance is started again here. Default 60 s. */
  readonly abandonMs?: number;
}

/*
 * The source's side of a move. The order, and what a crash at each step leaves:
 *
 * 1. The controller is told that the instance moves. Crash: it runs no more than after any crash of its node.
 * 2. A note is put on disk, and the instance is stopped. From here on it is *held*: an agent that starts anew
 *    finds the note and holds it again, with the same files, so that a transfer goes on where it was.
 * 3. The target reads. It may break off and go on as often as it likes.
 * 4. The target starts the instance and says `taken`: here it is forgotten, files and all. Or it says
 *    `declined`, or falls silent: see `whereabouts`.
 *
 * Only this node decides to start it again, and it does so only where the target says that it does not have
 * it, or where the target is out of reach for long and the controller has not heard of it there. A target that
 * had it all the same learns so from the answer CONFLICT to its `taken`, and stops it.
 */

/** Hands instances of this node over to those that read them. */
export class Departures {
  readonly #options: Required<DeparturesOptions>;
  readonly #held: HeldInstances;
  readonly #holding = new Map<
    string,
    { readonly to: string; readonly done: Promise<HeldInstance> }
  >();

  constructor(options: DeparturesOptions) {
    this.#options = { quietMs: 10_000, abandonMs: 60_000, ...options };
    this.#held = new HeldInstances(options);
  }

  /** Whether the instance is held here. */
  has(instanceId: string): boolean {
    return this.#held.has(instanceId);
  }

  /** Takes up what an earlier life of this agent held. */
  async recover(): Promise<void> {
    const { notes, logger, now, abandonMs } = this.#options;
    for (const { create, to } of await notes.list()) {
      logger.warn(
        { instance_id: create.instance_id, to },
        "an instance is held again for its move",
      );
      this.#held.recover(create, to, now() - abandonMs / 2);
    }
  }

  /** `instance.transfer`: stops and holds the instance, and gives its snapshot from where it is wanted. */
  async *transfer(
    { instance_id, snapshot: known, offset = 0 }: InstanceTransfer,
    to: string,
  ): AsyncGenerator<InstanceChunk, void, undefined> {
    const { dataDir, logger, now } = this.#options;
    const departure = this.#held.get(instance_id) ?? (await this.#hold(instance_id, to));
    if (departure.to !== to || departure.isOver) throw heldForOther(instance_id, departure.to);
    const look = () => takeSnapshot(instanceFolder(dataDir, instance_id), departure.create, logger);
    departure.readerCount += 1;
    try {
      const snapshot = await look();
      assertSame(snapshot, known ?? snapshot.id, offset);
      for await (const piece of snapshotPieces(snapshot, offset)) {
        departure.touchedAtMs = now();
        if (departure.isOver) throw heldForOther(instance_id, departure.to);
        yield piece;
      }
      assertSame(await look(), snapshot.id, offset);
    } finally {
      departure.readerCount -= 1;
      departure.touchedAtMs = now();
    }
  }

  /** `instance.handover`: the other node has taken the instance, or will not. */
  async handover({ instance_id, result, reason }: InstanceHandover, from: string): Promise<void> {
    // It may have been given up before it was stopped; then that is still to come.
    if (!this.has(instance_id)) await this.#holding.get(instance_id)?.done.catch(() => {});
    const departure = this.#held.get(instance_id);
    if (departure === undefined || departure.to !== from || departure.isOver) {
      // A repeated word about what is settled already.
      if (result === "declined" || !this.#runs(instance_id)) return;
      throw heldForOther(instance_id, this.#options.self());
    }
    if (result === "taken") return this.#held.forget(instance_id, departure);
    this.#options.logger.warn({ instance_id, to: from, reason }, "an instance was not taken over");
    await this.#held.resume(instance_id, departure);
  }

  /** An instance has ended. True: it is held, so its end is none for the cluster, and nobody is to be told. */
  handleStopped(stopped: InstanceStopped): boolean {
    const departure = this.#held.get(stopped.instance_id);
    // A second end is that of its next life.
    if (departure === undefined || departure.stopped !== undefined) return false;
    departure.stopped = stopped;
    return true;
  }

  /** Looks after the instances whose takers are silent. Call it again and again. */
  async handleTimeout(): Promise<void> {
    const { now, quietMs } = this.#options;
    for (const [id, departure] of this.#held.entries()) {
      const silentMs = now() - departure.touchedAtMs;
      if (departure.readerCount > 0 || departure.isOver || silentMs < quietMs) continue;
      await this.#settle(id, departure, silentMs);
    }
  }

  /** The agent ends: what is held here will not run here again, and the controller is told so. */
  async close(): Promise<void> {
    for (const [id, departure] of this.#held.entries()) {
      if (departure.isOver) continue;
      departure.isOver = true;
      await departure.isStopped;
      await this.#held.end(id, departure);
    }
  }

  #runs(instanceId: string): boolean {
    const isIt = ({ create }: { create: InstanceCreate }) => create.instance_id === instanceId;
    return this.#options.runner.running().some(isIt);
  }

  /** Two transfers that begin at once hold the instance once. */
  async #hold(instanceId: string, to: string): Promise<HeldInstance> {
    const known = this.#holding.get(instanceId);
    if (known !== undefined && known.to !== to) throw heldForOther(instanceId, known.to);
    if (known !== undefined) return known.done;
    const done = this.#stop(instanceId, to);
    this.#holding.set(instanceId, { to, done });
    try {
      return await done;
    } finally {
      this.#holding.delete(instanceId);
    }
  }

  async #stop(instanceId: string, to: string): Promise<HeldInstance> {
    const { runner, dataDir, notes, announce, logger } = this.#options;
    const found = runner.running().find(({ create }) => create.instance_id === instanceId);
    if (found === undefined) throw noInstance(instanceId);
    const { create } = found;
    // What cannot be moved is found while it still runs.
    await takeSnapshot(instanceFolder(dataDir, instanceId), create, logger);
    await announce(instanceId, to);
    await notes.add({ create, to });
    if (!this.#runs(instanceId)) {
      await notes.remove(instanceId);
      throw noInstance(instanceId);
    }
    const departure = this.#held.hold(create, to);
    logger.info({ instance_id: instanceId, to }, "an instance is stopped for its move");
    await departure.isStopped;
    departure.readerCount -= 1;
    departure.touchedAtMs = this.#options.now();
    if (departure.isOver || !hasEndedByItself(departure)) return departure;
    // There is nothing left to move.
    await this.#held.end(instanceId, departure);
    throw noInstance(instanceId);
  }

  /** The taker has been silent. Nothing is decided while it may be about to start the instance. */
  async #settle(id: string, departure: HeldInstance, silentMs: number): Promise<void> {
    const { locate, logger, abandonMs, self, now } = this.#options;
    const { to } = departure;
    const ask = (node?: string) => locate(id, node);
    const found = await whereabouts({ self: self(), to, silentMs, abandonMs, locate: ask });
    // It may have spoken meanwhile.
    if (departure.isOver || departure.readerCount > 0) return;
    if (found === "taken") await this.#held.forget(id, departure);
    if (found === "arriving") departure.touchedAtMs = now();
    if (found !== "missed") return;
    logger.warn({ instance_id: id, to }, "an instance did not arrive; it is started again here");
    await this.#held.resume(id, departure);
  }
}

function assertSame(snapshot: Snapshot, expected: string, offset: number): void {
  if (snapshot.id === expected && offset <= snapshot.totalBytes) return;
  throw new RnpError("CONFLICT", "the files of the instance have changed: read them anew", {
    details: { kind: "instance", id: snapshot.create.instance_id, expected, got: snapshot.id },
  });
}

function heldForOther(id: string, to: string): RnpError {
  return new RnpError("CONFLICT", `instance ${id} is not held for the sender but for ${to}`, {
    details: { kind: "instance", id, got: `held for ${to}` },
  });
}
