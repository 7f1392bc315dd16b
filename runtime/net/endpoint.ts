import type { ConnectionOptions } from "../core/connection-types.js";
import type { Credentials } from "../security/credentials.js";
import type { Guard } from "./guard.js";
import type { LinkObserver } from "./link-types.js";

import type { SecretRing } from "./secret-ring.js";

/** What dialling and listening of one node have in common. */
export interface Endpoint {
  readonly credentials: Credentials;
  readonly guard: Guard;
  /** `undefined`: messages are not authenticated. */
  readonly ring: SecretRing | undefined;
  readonly connection: Omit<ConnectionOptions, "side" | "peer" | "secrets">;
  readonly observer: LinkObserver;
}
