import {
  type MeshQuery,
  type MeshRegister,
  type MeshResponse,
  RnpError,
  type ServiceEntry,
} from "../index.js";

/** A registered service instance and what is known of its health. */
export interface Service {
  readonly node: string;
  /** The host part of the node's address; the service listens there on its own port. */
  readonly host: string;
  readonly registration: MeshRegister;
  readonly healthy: boolean;
  /** How long the last successful probe took, or `undefined` before the first. */
  readonly latencyMs: number | undefined;
}

/** What a probe found. */
export interface Health {
  readonly healthy: boolean;
  readonly latencyMs: number | undefined;
}

type Filters = NonNullable<MeshQuery["filters"]>;
type Found = MeshResponse["instances"][number];

/**
 * Who offers which service. The key is service name and instance, and it belongs to the node that
 * registered it: only that node changes or removes it, and it goes when the node goes.
 */
export class ServiceRegistry {
  readonly #services = new Map<string, Map<string, Service>>();
  readonly #serviceCountMax: number;

  /** `serviceCountMax` bounds what one node may register, so that a faulty node cannot fill the table. */
  constructor(serviceCountMax = 1000) {
    this.#serviceCountMax = serviceCountMax;
  }

  /** Adds or replaces a service. A repeated registration keeps the health that is known already. */
  register(node: string, host: string, registration: MeshRegister): Service {
    const { service_name, instance_id } = registration;
    refuseHealthCheck(registration);
    const known = this.#services.get(service_name)?.get(instance_id);
    if (known !== undefined && known.node !== node) throw ownedByOther(registration, known.node);
    if (known === undefined) this.#refuseExcess(node);
    const isSame = known !== undefined && isSameEndpoint(known, host, registration);
    const health = isSame ? known : { healthy: false, latencyMs: undefined };
    const { healthy, latencyMs } = health;
    const service: Service = { node, host, registration, healthy, latencyMs };
    const instances = this.#services.get(service_name) ?? new Map<string, Service>();
    this.#services.set(service_name, instances.set(instance_id, service));
    return service;
  }

  has(serviceName: string, instanceId: string): boolean {
    return this.#services.get(serviceName)?.has(instanceId) === true;
  }

  /** Removes a service. False when this node has not registered it. */
  deregister(node: string, serviceName: string, instanceId: string): boolean {
    const instances = this.#services.get(serviceName);
    if (instances?.get(instanceId)?.node !== node) return false;
    instances.delete(instanceId);
    if (instances.size === 0) this.#services.delete(serviceName);
    return true;
  }

  /** Removes whatever `isGone` names, such as all services of a lost node, and gives it. */
  remove(isGone: (service: Service) => boolean): Service[] {
    const gone = this.all().filter(isGone);
    for (const { node, registration } of gone) {
      this.deregister(node, registration.service_name, registration.instance_id);
    }
    return gone;
  }

  /** Records what a probe of `service` found, unless the service has changed or gone meanwhile. */
  recordHealth(service: Service, { healthy, latencyMs }: Health): boolean {
    const { service_name, instance_id } = service.registration;
    const instances = this.#services.get(service_name);
    const current = instances?.get(instance_id);
    if (instances === undefined || current === undefined) return false;
    if (!isSameEndpoint(current, service.host, service.registration)) return false;
    instances.set(instance_id, { ...current, healthy, latencyMs: latencyMs ?? current.latencyMs });
    return true;
  }

  /** The instances of a service that satisfy every filter given, the quickest first. */
  query(serviceName: string, filters: Filters = {}): Found[] {
    return [...(this.#services.get(serviceName)?.values() ?? [])]
      .filter((service) => satisfies(service, filters))
      .sort((a, b) => (a.latencyMs ?? LAST_MS) - (b.latencyMs ?? LAST_MS))
      .slice(0, FOUND_COUNT_MAX)
      .map(describe);
  }

  /** Every registered service. */
  all(): Service[] {
    return [...this.#services.values()].flatMap((instances) => [...instances.values()]);
  }

  #refuseExcess(node: string): void {
    const count = this.all().filter((service) => service.node === node).length;
    if (count < this.#serviceCountMax) return;
    throw new RnpError(
      "QUOTA_EXCEEDED",
      `${node} has registered ${count} services, the most allowed`,
      {
        details: { quota: "services", limit: this.#serviceCountMax, used: count },
      },
    );
  }
}

/** `host:port` of a service, with an IPv6 host in brackets. */
export function serviceAddress({ host, registration }: Service): string {
  return host.includes(":") ? `[${host}]:${registration.port}` : `${host}:${registration.port}`;
}

/** A service as member tables tell of it. */
export function serviceEntry(service: Service): ServiceEntry {
  const { node, healthy, registration } = service;
  const { service_name, instance_id, version, protocol } = registration;
  const address = serviceAddress(service);
  return {
    ...{ service_name, instance_id, node, address, protocol, healthy },
    ...(version === undefined ? {} : { version }),
  };
}

function satisfies({ healthy, registration }: Service, filters: Filters): boolean {
  if (filters.healthy !== undefined && filters.healthy !== healthy) return false;
  if (filters.version !== undefined && filters.version !== registration.version) return false;
  return (filters.tags ?? []).every((tag) => registration.tags?.includes(tag) === true);
}

function describe(service: Service): Found {
  const { node, healthy, latencyMs, registration } = service;
  const { instance_id } = registration;
  const found = { instance_id, node, address: serviceAddress(service), healthy };
  return latencyMs === undefined ? found : { ...found, latency_ms: latencyMs };
}

/** Whether a probe of the one says something about the other. */
function isSameEndpoint(
  { host, registration }: Service,
  otherHost: string,
  other: MeshRegister,
): boolean {
  return (
    host === otherHost &&
    registration.port === other.port &&
    registration.protocol === other.protocol &&
    registration.health_check === other.health_check
  );
}

/** What cannot be asked for with GET is refused at once: as a failing probe nobody would find it. */
function refuseHealthCheck({ protocol, health_check }: MeshRegister): void {
  if (protocol !== "http" || health_check === undefined) return;
  if (/^\/[\x21-\x7e]*$/.test(health_check)) return;
  const expected = "a path that begins with / and has no spaces";
  throw new RnpError("PROTOCOL_ERROR", `mesh.register: /health_check: expected ${expected}`, {
    details: { expected, got: health_check.slice(0, 64) },
  });
}

function ownedByOther({ service_name, instance_id }: MeshRegister, owner: string) {
  return new RnpError(
    "ALREADY_EXISTS",
    `instance ${instance_id} of ${service_name} is registered by ${owner}; only that node may change it`,
    { details: { kind: "service", id: instance_id } },
  );
}

/** Where services without a measured latency sort. */
const LAST_MS = 2 ** 31;
/** What `mesh.response` holds. */
const FOUND_COUNT_MAX = 4096;
