import { readFile } from "node:fs/promises";
import { toRnpError } from "../core/error.js";
import { Guard } from "../net/guard.js";
import { SecretRing } from "../net/secret-ring.js";
import type { Credentials } from "../security/credentials.js";
import { type PeerRuleSources, readPeerRules } from "../security/peer-rules.js";
import { assertSecrets, liveSecrets, secretsIn } from "../security/secret-list.js";
import { oneAtATime, watchPath } from "../security/watched-file.js";
import type { LiveSecret } from "../wire/live-secret.js";
import type { Logger } from "./logger.js";
import type { IntegrityOptions, NodeOptions } from "./options.js";

/** Who a node is and whom it speaks with, as far as that changes while it runs. */
export class Security {
  readonly guard: Guard;
  /** `undefined`: messages are not authenticated. */
  readonly ring: SecretRing | undefined;
  readonly #sources: PeerRuleSources;
  readonly #integrity: IntegrityOptions | undefined;
  readonly #logger: Logger;
  readonly #ends: readonly (() => void)[];

  private constructor(
    guard: Guard,
    ring: SecretRing | undefined,
    sources: PeerRuleSources,
    integrity: IntegrityOptions | undefined,
    logger: Logger,
  ) {
    this.guard = guard;
    this.ring = ring;
    this.#sources = sources;
    this.#integrity = integrity;
    this.#logger = logger;
    this.#ends = this.#watch();
  }

  /** @throws RnpError `AUTH_FAILED` where a list of peers or of secrets cannot be read, or is not one */
  static async open(
    { allow, revoked, integrity }: NodeOptions,
    { ca }: Credentials,
    logger: Logger,
  ): Promise<Security> {
    const sources = { allow, revoked, ca };
    const guard = new Guard(await readPeerRules(sources));
    return new Security(guard, await ringOf(integrity), sources, integrity, logger);
  }

  close(): void {
    for (const end of this.#ends) end();
  }

  #watch(): (() => void)[] {
    const { allow, revoked } = this.#sources;
    const ofPeers = oneAtATime(() => this.#readPeerRules());
    const ofSecrets = oneAtATime(() => this.#readSecrets());
    return [
      ...watched([allow, revoked], ofPeers),
      ...watched([this.#integrity?.secrets], ofSecrets),
    ];
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

  /** The same for secrets. Connections that rest on one that has gone end, once what is in flight has. */
  async #readSecrets(): Promise<void> {
    const { ring } = this;
    if (ring === undefined || this.#integrity === undefined) return;
    try {
      ring.change(await readSecrets(this.#integrity));
      this.guard.closeWhere(({ secretIds }) => !ring.allows(secretIds), "secret-retired");
      this.#logger.info({}, "the secrets were read again");
    } catch (thrown) {
      const error = toRnpError(thrown);
      this.#logger.error({ error }, "the list of secrets is not good; the one before it holds");
    }
  }
}

async function ringOf(integrity: IntegrityOptions | undefined): Promise<SecretRing | undefined> {
  if (integrity === undefined) return undefined;
  const { required: isRequired = true, encrypt: seals = false } = integrity;
  return new SecretRing(await readSecrets(integrity), { isRequired, seals });
}

/** @throws RnpError `AUTH_FAILED` */
async function readSecrets({ secrets }: IntegrityOptions): Promise<LiveSecret[]> {
  if (typeof secrets === "string") {
    const text = await readFile(secrets, "utf8").catch(() => "");
    return liveSecrets(secretsIn({ name: secrets, text }));
  }
  assertSecrets("the secrets", secrets);
  return liveSecrets(secrets);
}

function watched(
  sources: readonly (readonly string[] | string | undefined)[],
  read: () => Promise<void>,
): (() => void)[] {
  const paths = sources.filter((source) => typeof source === "string");
  return paths.map((path) => watchPath(path, () => void read()));
}
