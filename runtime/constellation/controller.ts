import { randomBytes, randomUUID } from "node:crypto";
import {
  type CloseOptions,
  createNode,
  type NodeOptions,
  RnpError,
  type RnpNode,
  SILENT,
} from "../index.js";
import { Allocator } from "./allocator.js";
import { followMembers, setControllerHandlers } from "./controller-handlers.js";
import { type ControllerParts, type NodeView, nodeViews } from "./controller-parts.js";
import { type Deployment, Deployments } from "./deployments.js";
import { probe } from "./health.js";
import { HealthMonitor } from "./health-monitor.js";
import {
  type CallLimits,
  type CreatedInstance,
  InstanceCreator,
  type InstanceRequest,
} from "./instance-creator.js";
import { Instances, type KnownInstance } from "./instances.js";
import { Repeat } from "./repeat.js";
import { type Service, ServiceRegistry, serviceEntry } from "./service-registry.js";
import { CONTROLLER_TIMING, type ControllerTiming } from "./timing.js";

export interface ControllerOptions extends NodeOptions {
  /** Instances that are to run always, each as soon as a node has room for it. */
  readonly deployments?: readonly Deployment[];
  readonly timing?: Partial<ControllerTiming>;
}

/**
 * Starts a controller: it allocates resources, places and starts instances, and keeps the registry of
 * services. Its certificate must say that it is one.
 *
 * @throws RnpError `UNAUTHORIZED` with the certificate of a node; and what `createNode` throws
 */
export async function startController(options: ControllerOptions): Promise<Controller> {
  const registry = new ServiceRegistry();
  const node = await createNode({ services: () => registry.all().map(serviceEntry), ...options });
  try {
    if (node.role !== "controller") throw notController(node);
    return new Controller(node, options, registry);
  } catch (error) {
    await node.close();
    throw error;
  }
}

/**
 * A running controller. Its tables live in memory only: after a restart, nodes repeat what runs on them
 * and what it offers.
 */
export class Controller {
  /** The node underneath, for everything that a controller adds nothing to. */
  readonly node: RnpNode;
  readonly #parts: ControllerParts;
  readonly #sweep: Repeat;
  readonly #following: Promise<void>;

  /** Use `startController`. */
  constructor(node: RnpNode, options: ControllerOptions, services: ServiceRegistry) {
    this.node = node;
    const timing = { ...CONTROLLER_TIMING, ...options.timing };
    this.#parts = this.#assemble(options, timing, services);
    const { instances, deployments, logger } = this.#parts;
    setControllerHandlers(this.#parts);
    this.#following = followMembers(this.#parts).catch((error: unknown) => {
      logger.error({ error }, "the members are not followed any more");
    });
    this.#sweep = new Repeat({
      intervalMs: timing.sweepIntervalMs,
      action: () => {
        for (const lost of instances.expire()) deployments.handleEnded(lost);
        deployments.handleTimeout();
      },
      onError: (error) => logger.error({ error }, "looking after instances failed"),
    });
  }

  /**
   * Places an instance and starts it. Settles when it runs, and where it has a PORT, when it listens.
   *
   * @throws RnpError `RESOURCE_EXHAUSTED` with the requested and the available amounts; what the node
   *   answers; `TIMEOUT` or `UNAVAILABLE`, whose `outcome` says whether it may run all the same
   */
  createInstance(request: InstanceRequest, limits: CallLimits = {}): Promise<CreatedInstance> {
    return this.#parts.creator.create(request, limits);
  }

  /** The nodes with what they have, what they use and what runs on them. */
  nodes(): NodeView[] {
    return nodeViews(this.#parts);
  }

  /** The instances that are known to run, and those whose node is lost. */
  instances(): KnownInstance[] {
    return this.#parts.instances.list();
  }

  /** The registered services with their health. */
  services(): Service[] {
    return this.#parts.services.all();
  }

  /** Ends the controller. Instances go on running on their nodes. */
  async close(options?: CloseOptions): Promise<void> {
    this.#parts.health.close();
    await this.#sweep.close();
    await this.node.close(options);
    await this.#following;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #assemble(
    options: ControllerOptions,
    timing: ControllerTiming,
    services: ServiceRegistry,
  ): ControllerParts {
    const { node } = this;
    const { logger = SILENT } = options;
    const { allocationMs, uncertainMs, healthIntervalMs, healthTimeoutMs } = timing;
    const now = Date.now;
    const members = () => node.memberList();
    const allocator = new Allocator({ members, now, random: Math.random, allocationMs });
    const instances = new Instances({ allocator, now, uncertainMs, logger });
    return {
      node,
      allocator,
      services,
      instances,
      creator: new InstanceCreator({
        allocator,
        instances,
        create: (target, data, limits) => node.peer(target).instance.create(data, limits),
        newId: () => `inst-${randomUUID()}`,
        now,
        uncertainMs,
        logger,
      }),
      deployments: new Deployments({
        deployments: options.deployments ?? [],
        create: (request) => this.createInstance(request),
        newSuffix: () => randomBytes(4).toString("hex"),
        now,
        logger,
      }),
      health: new HealthMonitor({
        registry: services,
        intervalMs: healthIntervalMs,
        probe: (service) => probe(service, healthTimeoutMs),
        logger,
      }),
      heartbeats: new Map(),
      logger,
    };
  }
}

function notController({ id, role }: RnpNode): RnpError {
  return new RnpError(
    "UNAUTHORIZED",
    `the certificate of ${id} names a ${role}: issue one with the role controller for a controller`,
    { details: { rule: "policy", identity: id, role } },
  );
}
