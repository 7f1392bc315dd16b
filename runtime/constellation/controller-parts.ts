import type { Heartbeat, Logger, Member, ResourceStatus, RnpNode } from "../index.js";
import type { Allocator } from "./allocator.js";
import type { Deployments } from "./deployments.js";
import type { HealthMonitor } from "./health-monitor.js";
import type { InstanceCreator } from "./instance-creator.js";
import type { Instances, KnownInstance } from "./instances.js";
import type { ServiceRegistry } from "./service-registry.js";

/** What a controller consists of. */
export interface ControllerParts {
  readonly node: RnpNode;
  readonly allocator: Allocator;
  readonly instances: Instances;
  readonly creator: InstanceCreator;
  readonly deployments: Deployments;
  readonly services: ServiceRegistry;
  readonly health: HealthMonitor;
  /** The latest heartbeat of each node. */
  readonly heartbeats: Map<string, Heartbeat>;
  readonly logger: Logger;
}

/** A node as the controller sees it. */
export interface NodeView {
  readonly member: Member;
  /** `undefined` until the node has reported. */
  readonly resources: ResourceStatus | undefined;
  readonly heartbeat: Heartbeat | undefined;
  readonly instances: readonly KnownInstance[];
}

/** All that is known of the nodes of the cluster, controllers left out. */
export function nodeViews({ node, allocator, instances, heartbeats }: ControllerParts): NodeView[] {
  const all = instances.list();
  return node
    .memberList()
    .filter(({ role }) => role === "node")
    .map((member) => ({
      member,
      resources: allocator.status(member.node),
      heartbeat: heartbeats.get(member.node),
      instances: all.filter((instance) => instance.node === member.node),
    }));
}
