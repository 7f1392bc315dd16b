import { RnpError } from "../index.js";
import type { ControllerParts } from "./controller-parts.js";
import { locationOf, noInstance } from "./instance-location.js";
import type { Service } from "./service-registry.js";

/** Handles every message that the specification sends to a controller. */
export function setControllerHandlers(parts: ControllerParts): void {
  const { node, allocator, instances, deployments, services, health, logger } = parts;

  const removeServicesOf = (owner: string, instanceId: string): void => {
    const isIts = ({ registration }: Service) => registration.instance_id === instanceId;
    services.remove((service) => service.node === owner && isIts(service));
  };

  node.handle("heartbeat", (heartbeat, { peer }) => {
    parts.heartbeats.set(peer.id, heartbeat);
  });
  node.handle("resource.status", (status, { peer }) => {
    allocator.report(peer.id, status);
    deployments.handleRoom();
  });
  node.handle("resource.request", (request) => allocator.allocate(request));

  node.handle("instance.started", (started, { peer }) => {
    const { instance_id } = started;
    if (!instances.handleStarted(peer.id, started)) return;
    deployments.handleFound(instance_id);
    // Where it came from another node, what it offered there it does not offer any more.
    const isOf = ({ registration }: Service) => registration.instance_id === instance_id;
    services.remove((service) => service.node !== peer.id && isOf(service));
  });
  node.handle("instance.moving", (moving, { peer }) => {
    const { instance_id, to } = moving;
    if (to !== peer.id) assertTaker(parts, to);
    instances.handleMoving(peer.id, moving);
    // It is about to stop: nobody is to be sent there, and nobody is to be alarmed. Wherever it starts next,
    // the node registers it again.
    if (to !== peer.id) removeServicesOf(peer.id, instance_id);
    logger.info({ node: peer.id, instance_id, to }, "an instance moves");
  });
  node.handle("instance.stopped", (stopped, { peer }) => {
    const { instance_id } = stopped;
    if (!instances.handleStopped(peer.id, stopped)) return;
    logger.info({ node: peer.id, ...stopped }, "an instance stopped");
    removeServicesOf(peer.id, instance_id);
    deployments.handleEnded(instance_id);
  });
  node.handle("instance.locate", ({ instance_id }) => {
    const known = instances.get(instance_id);
    if (known === undefined) throw noInstance(instance_id);
    return locationOf(known, node.memberList());
  });

  node.handle("mesh.register", (registration, { peer }) => {
    const { service_name, instance_id } = registration;
    // Nodes repeat their registrations; only the first one is news.
    const isNew = !services.has(service_name, instance_id);
    const service = services.register(peer.id, hostOf(parts, peer.id), registration);
    const fields = { node: peer.id, service: service_name, instance_id };
    if (isNew) logger.info(fields, "a service registered");
    health.probeSoon(service);
  });
  node.handle("mesh.deregister", ({ service_name, instance_id }, { peer }) => {
    if (!services.deregister(peer.id, service_name, instance_id)) return;
    logger.info({ node: peer.id, service: service_name, instance_id }, "a service deregistered");
  });
  node.handle("mesh.query", ({ service_name, filters }) => ({
    service_name,
    instances: services.query(service_name, filters),
  }));
}

/** Follows the member table until the node closes: what ran and what was offered on a lost node is lost. */
export async function followMembers(parts: ControllerParts): Promise<void> {
  const { node, allocator, instances, deployments, services, logger } = parts;
  for await (const { node: member, kind } of node.members()) {
    if (kind !== "died" && kind !== "left" && kind !== "restarted") continue;
    allocator.forget(member);
    parts.heartbeats.delete(member);
    const gone = services.remove((service) => service.node === member);
    // A node ends what an earlier process of it has left before it joins.
    const ended = kind === "died" ? instances.handleDead(member) : instances.handleLeft(member);
    if (gone.length + ended.length > 0) {
      const counts = { services: gone.length, instances: ended.length };
      logger.warn({ node: member, kind, ...counts }, "a node took services and instances with it");
    }
    for (const { instance_id } of ended) deployments.handleEnded(instance_id);
  }
}

/** A node that is to take over an instance has to be alive, and to run any. */
function assertTaker({ node }: ControllerParts, id: string): void {
  const member = node.memberList().find((each) => each.node === id);
  if (member?.state === "alive" && member.capabilities.includes("instance")) return;
  const reason = member === undefined ? "not a member" : `${member.state}, or runs no instances`;
  const text = `${id} cannot take over an instance: it is ${reason}`;
  throw new RnpError("UNAVAILABLE", text, { details: { node: id, reason } });
}

/** Services listen at the host of their node. */
function hostOf({ node }: ControllerParts, id: string): string {
  const address = node.memberList().find((member) => member.node === id)?.address;
  if (address !== undefined) return address.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  const details = { node: id, reason: "no address" };
  const text = `${id} has not announced its address yet: register again later`;
  throw new RnpError("UNAVAILABLE", text, { details });
}
