import type { SecretPolicy } from "../core/message-protection.js";
import type { LiveSecret } from "../wire/live-secret.js";

/** What of the policy does not change while a node runs. */
export interface SecretDemands {
  readonly isRequired: boolean;
  readonly seals: boolean;
}

/** The secrets of a node, which may be others when the next connection begins. */
export class SecretRing {
  readonly #demands: SecretDemands;
  #live: readonly LiveSecret[];

  constructor(live: readonly LiveSecret[], demands: SecretDemands) {
    this.#live = live;
    this.#demands = demands;
  }

  /** For a connection that begins now. */
  get policy(): SecretPolicy {
    return { ...this.#demands, live: this.#live };
  }

  /** The capabilities that it makes possible. */
  get capabilities(): readonly string[] {
    return this.#demands.seals ? ["hmac", "encrypt"] : ["hmac"];
  }

  change(live: readonly LiveSecret[]): void {
    this.#live = live;
  }

  /** Whether a connection that rests on the secrets with these ids may go on. */
  allows(ids: readonly string[]): boolean {
    return ids.every((id) => this.#live.some((secret) => secret.id === id));
  }
}
