import type { Demand } from "./placement.js";

/** Resources promised on a node to one instance. */
export interface Allocation extends Demand {
  readonly instance_id: string;
  readonly node: string;
  /** Unix time in ms at which the promise ends, unless the instance runs by then. */
  readonly expires_at: number;
}

/**
 * What the controller has promised, and to whom.
 *
 * A promise lasts until `expires_at`; once the instance runs it lasts until the instance stops. Nothing
 * here reads a clock: `expire(now)` is called with the time.
 */
export class Ledger {
  readonly #allocations = new Map<string, Allocation>();
  readonly #running = new Set<string>();

  /** How many promises there are. */
  get count(): number {
    return this.#allocations.size;
  }

  /** Records a promise, in place of an older one for the same instance. */
  reserve(allocation: Allocation): void {
    this.#running.delete(allocation.instance_id);
    this.#allocations.set(allocation.instance_id, allocation);
  }

  get(instanceId: string): Allocation | undefined {
    return this.#allocations.get(instanceId);
  }

  isRunning(instanceId: string): boolean {
    return this.#running.has(instanceId);
  }

  /** The instance runs: its promise no longer expires. False when nothing is promised to it. */
  start(instanceId: string): boolean {
    if (!this.#allocations.has(instanceId)) return false;
    this.#running.add(instanceId);
    return true;
  }

  /** The instance has moved: what was promised to it counts on `node` from now on. */
  reassign(instanceId: string, node: string): void {
    const allocation = this.#allocations.get(instanceId);
    if (allocation !== undefined) this.#allocations.set(instanceId, { ...allocation, node });
  }

  /** Ends the promise. Gives what it was, or `undefined` when there was none. */
  release(instanceId: string): Allocation | undefined {
    const allocation = this.#allocations.get(instanceId);
    this.#allocations.delete(instanceId);
    this.#running.delete(instanceId);
    return allocation;
  }

  /** Ends every promise that is due and not used by a running instance, and gives them. */
  expire(now: number): Allocation[] {
    const due = [...this.#allocations.values()].filter(
      ({ instance_id, expires_at }) => expires_at <= now && !this.#running.has(instance_id),
    );
    for (const { instance_id } of due) this.release(instance_id);
    return due;
  }

  /**
   * A node was lost. Its instances may still run behind a cut network, so their promises stay, but only
   * until `expiresAt`: a node that comes back in time says that they run, one that does not frees them.
   */
  suspend(node: string, expiresAt: number): Allocation[] {
    const suspended = this.on(node).map((each) => ({ ...each, expires_at: expiresAt }));
    for (const allocation of suspended) this.reserve(allocation);
    return suspended;
  }

  /** All promises on a node. */
  on(node: string): Allocation[] {
    return [...this.#allocations.values()].filter((each) => each.node === node);
  }

  /** The sum of all promises on a node. */
  reservedOn(node: string): Demand {
    return this.on(node).reduce(addDemand, { cpu_cores: 0, ram_mb: 0, disk_mb: 0 });
  }
}

function addDemand(a: Demand, b: Demand): Demand {
  return {
    cpu_cores: a.cpu_cores + b.cpu_cores,
    ram_mb: a.ram_mb + b.ram_mb,
    disk_mb: a.disk_mb + b.disk_mb,
  };
}
