import { type Member, type ResourceRequest, type ResourceStatus, RnpError } from "../index.js";
import { type Allocation, Ledger } from "./ledger.js";
import { type Candidate, type Demand, place, shortageError } from "./placement.js";
import { type PlacementWish, placementRules } from "./placement-rules.js";

/** What to reserve, and for which instance. */
export interface AllocationRequest extends Demand {
  readonly instance_id: string;
  readonly placement?: PlacementWish | ResourceRequest["placement"];
}

export interface AllocatorOptions {
  readonly members: () => readonly Member[];
  /** Unix time in ms. */
  readonly now: () => number;
  /** From 0 up to, not including, 1. */
  readonly random: () => number;
  /** How long a promise lasts that no instance uses. */
  readonly allocationMs: number;
  /** Promises at once, so that a faulty node cannot fill the ledger with empty ones. Default 100,000. */
  readonly allocationCountMax?: number;
}

/**
 * Gives out the resources of the nodes: knows what each reported, what is promised on it, and places what
 * is asked for. A node counts as long as it is alive and offers to run instances.
 *
 * What is free is what the node reported as available minus all that is promised on it. A promise that is
 * already being used counts twice then; the error is on the side of refusing, never of promising twice.
 */
export class Allocator {
  readonly ledger = new Ledger();
  readonly #options: AllocatorOptions;
  readonly #statuses = new Map<string, ResourceStatus>();

  constructor(options: AllocatorOptions) {
    this.#options = options;
  }

  /** `resource.status` came. */
  report(node: string, status: ResourceStatus): void {
    this.#statuses.set(node, status);
  }

  /** What the node reported last. */
  status(node: string): ResourceStatus | undefined {
    return this.#statuses.get(node);
  }

  /** The node is gone; it reports anew if it comes back. */
  forget(node: string): void {
    this.#statuses.delete(node);
  }

  /**
   * Reserves. Asking again for the same instance gives the same allocation.
   *
   * @throws RnpError `RESOURCE_EXHAUSTED` with the requested and the available amounts
   */
  allocate(request: AllocationRequest, excluded: ReadonlySet<string> = new Set()): Allocation {
    const { instance_id, cpu_cores, ram_mb, disk_mb } = request;
    const demand: Demand = { cpu_cores, ram_mb, disk_mb };
    const known = this.ledger.get(instance_id);
    if (known !== undefined) return sameAllocation(known, demand);
    this.#refuseExcess();
    const candidates = this.#candidates().filter(({ node }) => !excluded.has(node));
    const rules = placementRules(request.placement);
    const placed = place(demand, candidates, rules, this.#options.random);
    if (placed.kind === "shortage") throw shortageError(placed.shortage);
    const expires_at = this.#options.now() + this.#options.allocationMs;
    const allocation = { instance_id, node: placed.node, ...demand, expires_at };
    this.ledger.reserve(allocation);
    return allocation;
  }

  #candidates(): Candidate[] {
    return this.#options.members().flatMap((member) => {
      const status = this.#statuses.get(member.node);
      const isServing = member.state === "alive" && member.capabilities.includes("instance");
      return status !== undefined && isServing ? [this.#candidate(member, status)] : [];
    });
  }

  #candidate({ node, metadata }: Member, { cpu, ram, disk }: ResourceStatus): Candidate {
    const reserved = this.ledger.reservedOn(node);
    return {
      node,
      metadata,
      instanceCount: this.ledger.on(node).length,
      total: {
        cpu_cores: cpu.total_cores,
        ram_mb: ram.total_mb,
        disk_mb: disk.total_gb * MIB_PER_GIB,
      },
      free: {
        cpu_cores: cpu.available_cores - reserved.cpu_cores,
        ram_mb: ram.available_mb - reserved.ram_mb,
        disk_mb: disk.available_gb * MIB_PER_GIB - reserved.disk_mb,
      },
    };
  }

  #refuseExcess(): void {
    const { allocationCountMax: limit = 100_000 } = this.#options;
    const used = this.ledger.count;
    if (used < limit) return;
    throw new RnpError("QUOTA_EXCEEDED", `${used} allocations exist, the most allowed`, {
      details: { quota: "allocations", limit, used },
    });
  }
}

function sameAllocation(known: Allocation, demand: Demand): Allocation {
  const { instance_id: id } = known;
  const isSame =
    known.cpu_cores === demand.cpu_cores &&
    known.ram_mb === demand.ram_mb &&
    known.disk_mb === demand.disk_mb;
  if (isSame) return known;
  throw new RnpError("ALREADY_EXISTS", `${id} has an allocation already, of other amounts`, {
    details: { kind: "allocation", id },
  });
}

const MIB_PER_GIB = 1024;
