import { performance } from "node:perf_hooks";
import {
  type GossipLeave,
  type InstanceLocation,
  type InstanceMove,
  type Logger,
  type Peer,
  RnpError,
  type RnpNode,
} from "../index.js";
import type { Source } from "./arrival.js";
import { Arrivals, type ArrivalsOptions } from "./arrivals.js";
import { DepartureNotes } from "./departure-notes.js";
import { Departures, type DeparturesOptions } from "./departures.js";
import { locationOf, noInstance } from "./instance-location.js";
import type { InstanceRunner } from "./instance-runner.js";
import type { Notices } from "./notices.js";
import { Repeat } from "./repeat.js";

/** How instances are moved. */
export interface MoveOptions
  extends Pick<DeparturesOptions, "quietMs" | "abandonMs">,
    Pick<ArrivalsOptions, "arrivingCountMax" | "progressIntervalMs"> {
  /** Between two looks at the instances that are held for others. Default 1 s. */
  readonly sweepIntervalMs?: number;
}

export interface MovesOptions extends MoveOptions {
  /** The node, once there is one. */
  readonly node: () => RnpNode;
  readonly controller: (signal?: AbortSignal) => Promise<Peer>;
  readonly dataDir: string;
  readonly runner: InstanceRunner;
  readonly notices: Notices;
  readonly logger: Logger;
}

/** Both sides of the moves of instances, over the network of one agent. */
export class Moves {
  readonly departures: Departures;
  readonly arrivals: Arrivals;
  readonly #options: MovesOptions;
  #sweep: Repeat | undefined;

  private constructor(options: MovesOptions) {
    const { node, controller, dataDir } = options;
    const self = () => node().id;
    this.#options = options;
    this.departures = new Departures({
      ...options,
      self,
      notes: new DepartureNotes(dataDir),
      announce: async (instance_id, to) =>
        (await controller()).instance.moving({ instance_id, to }),
      locate: async (instance_id, id) =>
        (id === undefined ? await controller() : node().peer(id)).instance.locate({ instance_id }),
      now: () => performance.now(),
    });
    this.arrivals = new Arrivals({
      ...options,
      self,
      source: (move) => sourceOf(node(), move),
      locate: async (instance_id, signal) =>
        (await controller(signal)).instance.locate({ instance_id }, { signal }),
      random: Math.random,
    });
  }

  /** Takes up, and cleans up, what an earlier life of the agent left. */
  static async create(options: MovesOptions): Promise<Moves> {
    const moves = new Moves(options);
    await moves.departures.recover();
    await moves.arrivals.recover();
    return moves;
  }

  start(): void {
    const { sweepIntervalMs: intervalMs = 1000, logger } = this.#options;
    this.#sweep = new Repeat({
      intervalMs,
      action: () => this.departures.handleTimeout(),
      onError: (error) => logger.error({ error }, "looking after held instances failed"),
    });
  }

  /** Whether the folder of an instance is part of a move. */
  has(instanceId: string): boolean {
    return this.departures.has(instanceId) || this.arrivals.has(instanceId);
  }

  /** @throws RnpError `CONFLICT` for an instance that is part of a move: started here it might run twice */
  assertNot(id: string): void {
    if (!this.has(id)) return;
    throw new RnpError("CONFLICT", `instance ${id} is being moved: start it when that is over`, {
      details: { kind: "instance", id, got: "moving" },
    });
  }

  /** `instance.locate`, for the instances of this node. */
  locate(instance_id: string): InstanceLocation {
    const { node, runner } = this.#options;
    const isIt = ({ create }: { create: { instance_id: string } }) =>
      create.instance_id === instance_id;
    const isMoving = this.departures.has(instance_id);
    const isRunning = !isMoving && runner.running().some(isIt);
    if (!isRunning && !this.has(instance_id)) throw noInstance(instance_id);
    const state = isRunning ? "running" : "moving";
    return locationOf({ instance_id, node: node().id, state }, node().memberList());
  }

  /** A node leaves and names this one as its heir: what it still has is taken over. */
  async handleLeave(
    from: string,
    { transfer_instances_to, instances }: GossipLeave,
  ): Promise<void> {
    const { node, logger } = this.#options;
    if (transfer_instances_to !== node().id) return;
    for (const instance_id of instances ?? []) {
      try {
        for await (const _ of this.arrivals.move({ instance_id, from }, NEVER));
      } catch (error) {
        logger.warn({ instance_id, from, error }, "an instance of a leaving node was not taken");
      }
    }
  }

  /** Gives up the moves that are under way. */
  async close(): Promise<void> {
    await this.#sweep?.close();
    await this.arrivals.close();
    await this.departures.close();
  }
}

/** Nobody waits for what a leaving node leaves behind, and nobody gives it up. */
const NEVER = new AbortController().signal;

/** The address counts only for a node that is not known here, and the name only as the certificate has it. */
async function sourceOf(node: RnpNode, { from, from_address }: InstanceMove): Promise<Source> {
  const isKnown = node.memberList().some((member) => member.node === from);
  if (!isKnown && from_address !== undefined) {
    const { id } = await node.peerAt(from_address);
    if (id !== from) throw notThere(from, `${id} is at ${from_address}`);
  } else if (!isKnown) {
    throw notThere(from, "it is no member here, and its address was not given");
  }
  return node.peer(from).instance;
}

function notThere(node: string, reason: string): RnpError {
  const text = `${node} cannot be asked for its instance: ${reason}`;
  return new RnpError("UNAVAILABLE", text, { details: { node, reason } });
}
