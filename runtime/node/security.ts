import { toRnpError } from "../core/error.js";
import { Guard } from "../net/guard.js";
import type { Credentials } from "../security/credentials.js";
import { type PeerRuleSources, readPeerRules } from "../security/peer-rules.js";
import { oneAtATime, watchPath } from "../security/watched-file.js";
import type { Logger } from "./logger.js";
import type { NodeOptions } from "./options.js";

/** Who a node is and whom it speaks with, as far as that changes while it runs. */
export class Security {
  readonly guard: Guard;
  readonly #sources: PeerRuleSources;
  readonly #logger: Logger;
  readonly #ends: readonly (() => void)[];

  private constructor(guard: Guard, sources: PeerRuleSources, logger: Logger) {
    this.guard = guard;
    this.#sources = sources;
    this.#logger = logger;
    this.#ends = this.#watch();
  }

  /** @throws RnpError `AUTH_FAILED` where a list of peers cannot be read, or is not one */
  static async open(
    { allow, revoked }: NodeOptions,
    { ca }: Credentials,
    logger: Logger,
  ): Promise<Security> {
    const sources = { allow, revoked, ca };
    return new Security(new Guard(await readPeerRules(sources)), sources, logger);
  }

  close(): void {
    for (const end of this.#ends) end();
  }

  #watch(): (() => void)[] {
    const read = oneAtATime(() => this.#readPeerRules());
    const { allow, revoked } = this.#sources;
    const paths = [allow, revoked].filter((path) => typeof path === "string");
    return paths.map((path) => watchPath(path, () => void read()));
  }

  /** What cannot be read, or is not whole, changes nothing but the log: the rules before it hold. */
  async #readPeerRules(): Promise<void> {
    const { allow, revoked } = this.#sources;
    try {
      this.guard.change(await readPeerRules(this.#sources));
      this.#logger.info({ allow, revoked }, "the lists of peers were read again");
    } catch (thrown) {
      const error = toRnpError(thrown);
      this.#logger.error({ error }, "a list of peers is not good; the one before it holds");
    }
  }
}
