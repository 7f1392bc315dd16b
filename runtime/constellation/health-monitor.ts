import type { Logger } from "../index.js";
import {
  type Health,
  type Service,
  type ServiceRegistry,
  serviceAddress,
} from "./service-registry.js";

export interface HealthMonitorOptions {
  readonly registry: ServiceRegistry;
  readonly intervalMs: number;
  readonly probe: (service: Service) => Promise<Health>;
  readonly logger: Logger;
  /** Probes under way at once; a constellation of thousands of services is then probed in turn. Default 32. */
  readonly probeCountMax?: number;
}

/**
 * Probes every registered service once per interval and writes the result into the registry: one success
 * makes a service healthy, one failure takes that back.
 *
 * A probe that is still under way is not started again, so a hanging service costs one socket.
 */
export class HealthMonitor {
  readonly #options: HealthMonitorOptions;
  readonly #underway = new Set<string>();
  readonly #timer: NodeJS.Timeout;
  #queue: Service[] = [];
  #isClosed = false;

  constructor(options: HealthMonitorOptions) {
    this.#options = options;
    this.#timer = setInterval(() => this.probeAll(), options.intervalMs);
  }

  /** Probes all services, once the round before is through: nobody's turn is skipped. */
  probeAll(): void {
    if (this.#queue.length === 0) this.#queue = this.#options.registry.all();
    this.#startProbes();
  }

  /** Probes a service that has just been registered, so that it need not wait for the next round. */
  probeSoon(service: Service): void {
    this.#queue.unshift(service);
    this.#startProbes();
  }

  close(): void {
    this.#isClosed = true;
    this.#queue = [];
    clearInterval(this.#timer);
  }

  #startProbes(): void {
    const { probeCountMax = 32 } = this.#options;
    while (this.#queue.length > 0 && this.#underway.size < probeCountMax) {
      const service = this.#queue.shift()!;
      // With the address: one that has moved does not wait for the probe of where it was.
      const { service_name, instance_id } = service.registration;
      const key = `${service_name} ${instance_id} ${serviceAddress(service)}`;
      if (this.#underway.has(key)) continue;
      this.#underway.add(key);
      void this.#probe(service).finally(() => {
        this.#underway.delete(key);
        this.#startProbes();
      });
    }
  }

  async #probe(service: Service): Promise<void> {
    const { registry, probe, logger } = this.#options;
    const health = await probe(service).catch((error: unknown): Health => {
      logger.error({ error, address: serviceAddress(service) }, "a health probe failed in itself");
      return { healthy: false, latencyMs: undefined };
    });
    if (this.#isClosed || !registry.recordHealth(service, health)) return;
    if (health.healthy === service.healthy) return;
    const { service_name: name, instance_id: instance } = service.registration;
    const fields = { service: name, instance, address: serviceAddress(service), ...health };
    if (health.healthy) logger.info(fields, "a service is healthy");
    else logger.warn(fields, "a service is no longer healthy");
  }
}
