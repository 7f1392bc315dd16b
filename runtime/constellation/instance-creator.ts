import {
  type InstanceCreate,
  type InstanceStarted,
  isRnpError,
  type Logger,
  RnpError,
} from "../index.js";
import type { Allocator } from "./allocator.js";
import type { Instances } from "./instances.js";
import type { PlacementWish } from "./placement-rules.js";

/** An instance to create. */
export interface InstanceRequest extends Omit<InstanceCreate, "instance_id"> {
  /** Default: a new one. One that `resource.request` has reserved for goes where the reservation is. */
  readonly instance_id?: string;
  readonly placement?: PlacementWish;
}

export interface CallLimits {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** What `createInstance` gives: the node's answer, and which node it was. */
export type CreatedInstance = InstanceStarted & { readonly node: string };

export interface InstanceCreatorOptions {
  readonly allocator: Allocator;
  /** Those that are known to run: it tells them what it has started. */
  readonly instances: Pick<Instances, "get" | "handleCreated">;
  /** Sends `instance.create` to a node. */
  readonly create: (
    node: string,
    data: InstanceCreate,
    limits: CallLimits,
  ) => Promise<InstanceStarted>;
  readonly newId: () => string;
  readonly now: () => number;
  /** How long a promise is kept to an instance of which nobody knows whether it runs. */
  readonly uncertainMs: number;
  readonly logger: Logger;
}

/** Creates instances on nodes that have room for them. */
export class InstanceCreator {
  readonly #options: InstanceCreatorOptions;

  constructor(options: InstanceCreatorOptions) {
    this.#options = options;
  }

  /** Places and starts an instance. A node that cannot be reached is passed over for the next best. */
  async create(request: InstanceRequest, limits: CallLimits = {}): Promise<CreatedInstance> {
    const { instances, newId, logger } = this.#options;
    const { placement, ...rest } = request;
    const message: InstanceCreate = { ...rest, instance_id: rest.instance_id ?? newId() };
    const { instance_id } = message;
    if (instances.get(instance_id) !== undefined) throw exists(instance_id);
    const unreachable = new Set<string>();
    let failure: unknown;
    for (;;) {
      const node = this.#place(message, placement, unreachable, failure);
      try {
        const started = await this.#options.create(node, message, limits);
        instances.handleCreated(node, message, started);
        return { ...started, node };
      } catch (error) {
        this.#settlePromise(instance_id, error);
        if (!isRnpError(error) || !isUnreachable(error)) throw error;
        logger.warn({ node, instance_id, error }, "a node cannot be reached");
        unreachable.add(node);
        failure = error;
      }
    }
  }

  #place(
    { instance_id, resources = {} }: InstanceCreate,
    placement: PlacementWish | undefined,
    unreachable: ReadonlySet<string>,
    failure: unknown,
  ): string {
    const reserved = this.#options.allocator.ledger.get(instance_id);
    if (reserved !== undefined) return reserved.node;
    const { cpu_percent = 0, ram_mb = 0, disk_mb = 0 } = resources;
    const demand = { cpu_cores: cpu_percent / 100, ram_mb, disk_mb };
    const where = placement === undefined ? {} : { placement };
    try {
      return this.#options.allocator.allocate({ instance_id, ...demand, ...where }, unreachable)
        .node;
    } catch (shortage) {
      // That nobody else has room is less to the point than why the first choice did not work.
      throw failure ?? shortage;
    }
  }

  /** What did not start frees its resources; what may have started keeps them until that is known. */
  #settlePromise(instance_id: string, error: unknown): void {
    const { allocator, now, uncertainMs } = this.#options;
    const allocation = allocator.ledger.get(instance_id);
    if (allocation === undefined) return;
    if (isRnpError(error) && error.outcome !== "unknown") allocator.ledger.release(instance_id);
    else allocator.ledger.reserve({ ...allocation, expires_at: now() + uncertainMs });
  }
}

function isUnreachable({ code, outcome }: RnpError): boolean {
  return code === "UNAVAILABLE" && outcome === "not-delivered";
}

function exists(id: string): RnpError {
  return new RnpError("ALREADY_EXISTS", `instance ${id} runs already`, {
    details: { kind: "instance", id },
  });
}
