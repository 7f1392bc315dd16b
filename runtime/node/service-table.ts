import type { SyncRequest } from "../../generated/messages/sync/request.js";
import type { SyncResponse } from "../../generated/messages/sync/response.js";
import { hashText, toHex } from "../core/membership/fnv.js";

/** A service instance, as the member tables tell of it. */
export type ServiceEntry = SyncResponse["services"][number];

/** What one answer says of services. */
export type ServiceAnswer = Pick<SyncResponse, "services" | "services_hash">;

/** The services of a registry, with what stands for all of them. */
interface Told {
  readonly services: readonly ServiceEntry[];
  readonly hash: string | undefined;
}

/**
 * The services of the cluster. Who keeps a registry tells it with its member table, unless the asker has it
 * already; what others have told is kept by who told it, and not told again: only its owner knows when it changes.
 */
export class ServiceTable {
  readonly #provider: (() => readonly ServiceEntry[]) | undefined;
  readonly #told = new Map<string, Told>();

  /** `provider`: the registry that this node keeps; `undefined`: it keeps none. */
  constructor(provider: (() => readonly ServiceEntry[]) | undefined) {
    this.#provider = provider;
  }

  /** Every known service, those of the own registry first. */
  all(): ServiceEntry[] {
    const tables = [this.#own(), ...Array.from(this.#told.values(), ({ services }) => services)];
    const byInstance = new Map<string, ServiceEntry>();
    for (const service of tables.flat()) {
      const key = `${service.service_name}/${service.instance_id}`;
      if (!byInstance.has(key)) byInstance.set(key, service);
    }
    return [...byInstance.values()];
  }

  /** What a question to `node` says of the services that it told before. */
  known(node: string): Pick<SyncRequest, "services_hash"> {
    const hash = this.#told.get(node)?.hash;
    return hash === undefined ? {} : { services_hash: hash };
  }

  /** @param speaks whether the asker knows what `services_hash` is */
  answer({ services_hash: asked }: SyncRequest, speaks: boolean): ServiceAnswer {
    if (this.#provider === undefined) return { services: [] };
    const services = this.#own();
    if (!speaks) return { services: [...services] };
    const hash = hashOf(services);
    return { services: hash === asked ? [] : [...services], services_hash: hash };
  }

  /** Takes what `node` told of services. */
  learn(node: string, { services, services_hash: hash, full }: SyncResponse): void {
    if (hash !== undefined && this.#told.get(node)?.hash === hash) return;
    if (hash !== undefined || services.length > 0) this.#told.set(node, { services, hash });
    else if (full) this.#told.delete(node);
  }

  /** The node is gone, and its registry with it. */
  forget(node: string): void {
    this.#told.delete(node);
  }

  #own(): readonly ServiceEntry[] {
    return this.#provider?.().slice(0, SERVICE_COUNT_MAX) ?? [];
  }
}

function hashOf(services: readonly ServiceEntry[]): string {
  const texts = services.map(
    ({ service_name, instance_id, node, version, address, protocol, healthy }) =>
      JSON.stringify([service_name, instance_id, node, version, address, protocol, healthy]),
  );
  return toHex(hashText(texts.sort().join("\n")));
}

/** As `sync.response` bounds them. */
const SERVICE_COUNT_MAX = 10_000;
