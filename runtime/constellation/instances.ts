import type {
  InstanceCreate,
  InstanceMoving,
  InstanceStarted,
  InstanceStopped,
  Logger,
} from "../index.js";
import type { Allocator } from "./allocator.js";
import { noInstance } from "./instance-location.js";

/** An instance that the controller knows to run. */
export interface KnownInstance extends InstanceStarted {
  readonly node: string;
  /** `undefined` for one that ran before this controller started. */
  readonly name: string | undefined;
  /**
   * `moving`: `node` hands it over to another one, and it may not run meanwhile. `lost`: its node is dead,
   * so it may run unseen or not at all.
   */
  readonly state: "running" | "moving" | "lost";
}

/** An instance that its node hands over to another one. */
interface Move {
  readonly from: string;
  readonly to: string;
  /** Until when the word of `from` still undoes it, Unix time in ms; infinite until `to` has started it. */
  readonly endsAt: number;
}

export interface InstancesOptions {
  readonly allocator: Allocator;
  readonly now: () => number;
  /** How long a promise is kept to an instance of which nobody knows whether it runs. */
  readonly uncertainMs: number;
  readonly logger: Logger;
}

/** The table of the instances that run, and of those that are on their way from one node to another. */
export class Instances {
  readonly #options: InstancesOptions;
  readonly #known = new Map<string, KnownInstance>();
  readonly #moves = new Map<string, Move>();

  constructor(options: InstancesOptions) {
    this.#options = options;
  }

  /** A node has answered `instance.create`. What has ended since then is not known any more. */
  handleCreated(
    node: string,
    { instance_id, name }: InstanceCreate,
    started: InstanceStarted,
  ): void {
    if (!this.#options.allocator.ledger.start(instance_id)) return;
    this.#known.set(instance_id, { ...started, node, name, state: "running" });
  }

  /**
   * `instance.started`, unasked: the node tells again what runs on it, or what it restarted itself. False
   * when the instance belongs on another node.
   */
  handleStarted(node: string, started: InstanceStarted): boolean {
    const { ledger } = this.#options.allocator;
    const { instance_id } = started;
    this.#handleArrival(node, instance_id);
    const promised = ledger.get(instance_id);
    if (promised !== undefined && promised.node !== node) {
      const fields = { instance_id, node, placedOn: promised.node };
      this.#options.logger.warn(fields, "an instance runs on another node than it was placed on");
      return false;
    }
    if (promised === undefined) {
      // Its node counts what it uses; only what it was promised beyond that is not known any more.
      const nothing = { cpu_cores: 0, ram_mb: 0, disk_mb: 0 };
      ledger.reserve({ instance_id, node, ...nothing, expires_at: this.#options.now() });
      this.#options.logger.info({ instance_id, node }, "an instance runs that nobody here created");
    }
    ledger.start(instance_id);
    const name = this.#known.get(instance_id)?.name;
    const state = this.#isLeaving(instance_id, node) ? "moving" : "running";
    this.#known.set(instance_id, { ...started, node, name, state });
    return true;
  }

  /**
   * `instance.moving`: the node hands an instance over to `to`. To itself: it has called that off, which
   * holds even where `to` says that it has started the instance.
   *
   * @throws RnpError `NOT_FOUND` where the instance is not the node's
   */
  handleMoving(node: string, { instance_id, to }: InstanceMoving): void {
    const { ledger } = this.#options.allocator;
    const owner = ledger.get(instance_id)?.node;
    const move = this.#moves.get(instance_id);
    if (to !== node) {
      if (owner !== node) throw noInstance(instance_id);
      this.#moves.set(instance_id, { from: node, to, endsAt: Number.POSITIVE_INFINITY });
      this.#change(instance_id, { state: "moving" });
      return;
    }
    // Nobody here knows it: the node will say that it has started it.
    if (owner === undefined) return;
    if (owner !== node && (move?.from !== node || move.to !== owner)) throw noInstance(instance_id);
    this.#moves.delete(instance_id);
    ledger.reassign(instance_id, node);
    this.#change(instance_id, { node, state: "running" });
  }

  /** `instance.stopped`. False when it is not this node's instance. */
  handleStopped(node: string, { instance_id }: InstanceStopped): boolean {
    const { ledger } = this.#options.allocator;
    if (ledger.get(instance_id)?.node !== node) return false;
    this.#forget(instance_id);
    return true;
  }

  /**
   * The node is dead: what ran on it may come back with it. Gives what ran there, but for what was on its way
   * to another node: that one may be about to start it.
   */
  handleDead(node: string): KnownInstance[] {
    const { allocator, now, uncertainMs } = this.#options;
    allocator.ledger.suspend(node, now() + uncertainMs);
    const lost = this.#on(node);
    for (const { instance_id } of lost) this.#change(instance_id, { state: "lost" });
    return lost.filter((each) => !this.#isLeaving(each.instance_id, node));
  }

  /**
   * The node has left, and has stopped what ran on it. Gives what ran there, but for what was on its way to
   * another node.
   */
  handleLeft(node: string): KnownInstance[] {
    const { ledger } = this.#options.allocator;
    const { now, uncertainMs } = this.#options;
    ledger.suspend(node, now() + uncertainMs);
    const ended = this.#on(node).filter((each) => !this.#isLeaving(each.instance_id, node));
    for (const { instance_id } of ledger.on(node)) {
      if (!this.#isLeaving(instance_id, node)) this.#forget(instance_id);
    }
    return ended;
  }

  /** Ends the promises whose time is over. Gives the instances that were to move and got lost on the way. */
  expire(): string[] {
    const { allocator, now, logger } = this.#options;
    const lost: string[] = [];
    for (const { instance_id, node } of allocator.ledger.expire(now())) {
      if (this.#isLeaving(instance_id, node)) lost.push(instance_id);
      this.#forget(instance_id);
      logger.info({ instance_id, node }, "an allocation expired");
    }
    for (const [id, { endsAt }] of this.#moves) if (endsAt <= now()) this.#moves.delete(id);
    return lost;
  }

  get(instanceId: string): KnownInstance | undefined {
    return this.#known.get(instanceId);
  }

  list(): KnownInstance[] {
    return [...this.#known.values()];
  }

  /** Where the instance has moved to this node, it is this node's from now on. */
  #handleArrival(node: string, instanceId: string): void {
    const { allocator, now, uncertainMs, logger } = this.#options;
    const move = this.#moves.get(instanceId);
    const owner = allocator.ledger.get(instanceId)?.node;
    if (move === undefined || move.to !== node || owner !== move.from) return;
    allocator.ledger.reassign(instanceId, node);
    this.#moves.set(instanceId, { ...move, endsAt: now() + uncertainMs });
    logger.info({ instance_id: instanceId, from: owner, to: node }, "an instance has moved");
  }

  /** Whether the instance is being handed over by this node, and has not arrived yet. */
  #isLeaving(instanceId: string, node: string): boolean {
    const owner = this.#options.allocator.ledger.get(instanceId)?.node;
    return this.#moves.get(instanceId)?.from === node && (owner === undefined || owner === node);
  }

  #change(instanceId: string, facts: Partial<Pick<KnownInstance, "node" | "state">>): void {
    const known = this.#known.get(instanceId);
    if (known !== undefined) this.#known.set(instanceId, { ...known, ...facts });
  }

  #forget(instanceId: string): void {
    this.#options.allocator.ledger.release(instanceId);
    this.#known.delete(instanceId);
    this.#moves.delete(instanceId);
  }

  #on(node: string): KnownInstance[] {
    return this.list().filter((each) => each.node === node);
  }
}
