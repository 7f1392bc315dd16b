import type { IntegrityOptions } from "../../../runtime/index.js";
import { Child } from "../load/child.js";
import { Identities } from "../load/identities.js";
import type { Ended } from "../load/in-flight.js";
import { interleave } from "../load/rounds.js";
import { perSecond } from "../load/sent.js";
import { machine } from "../machine.js";
import { median, medianRatio, rounded } from "../statistics.js";
import type { Report, Suite } from "../suite.js";
import { table } from "../table.js";

type RnpServer = typeof import("../load/rnp-server.js");
type RnpClient = typeof import("../load/rnp-client.js");
type Handshakes = typeof import("../load/handshakes.js");

/** About a minute. */
const ROUNDS = { roundCount: 7, warmUpCount: 2 };
const DURATION_MS = 600;
/** Enough to keep both processes busy. */
const HANDSHAKES = { inFlightCount: 16, durationMs: DURATION_MS };
const SECRETS = ["a-secret-that-is-as-long-as-it-has-to-be"];

/**
 * What security costs: small one-way messages, plain, authenticated and encrypted (all of them over mutual TLS), and
 * connections as far as `hello_ack` beside those of bare TLS with the same certificates and settings.
 */
export const security: Suite = {
  name: "security",
  description: "messages with hmac and encryption, and handshakes beside raw TLS",
  run: runSecurity,
};

async function runSecurity(): Promise<Report> {
  using identities = await Identities.create();
  await using plain = await Senders.start(identities, "plain");
  await using hmac = await Senders.start(identities, "hmac", { secrets: SECRETS });
  await using sealed = await Senders.start(identities, "sealed", {
    secrets: SECRETS,
    encrypt: true,
  });
  await using server = new Child<Handshakes>("handshakes");
  await using client = new Child<Handshakes>("handshakes");
  const [ours, theirs] = [await identities.of("door"), await identities.of("visitor")];
  const address = await server.call("serveHandshakes", ours);
  const port = await server.call("serveRawHandshakes", ours);
  const measures = {
    plain: () => plain.rate(),
    hmac: () => hmac.rate(),
    encrypted: () => sealed.rate(),
    handshakes: async () => rateOf(await client.call("dialFor", theirs, address, HANDSHAKES)),
    raw_tls: async () => rateOf(await client.call("connectFor", theirs, port, HANDSHAKES)),
  };
  return reportOf(await interleave(measures, ROUNDS));
}

/** Two nodes, of which one sends heartbeats to the other. */
class Senders implements AsyncDisposable {
  readonly #server = new Child<RnpServer>("rnp-server");
  readonly #client = new Child<RnpClient>("rnp-client");

  static async start(
    identities: Identities,
    name: string,
    integrity?: IntegrityOptions,
  ): Promise<Senders> {
    const senders = new Senders();
    const server = await identities.of(`${name}-server`);
    const client = await identities.of(`${name}-client`);
    const address = await senders.#server.call("serveRnp", server, integrity);
    await senders.#client.call("joinRnp", client, address, integrity);
    return senders;
  }

  async rate(): Promise<number> {
    const sent = await this.#client.call("sendHeartbeats", DURATION_MS);
    return perSecond(sent, await this.#server.call("heartbeatsHandled", sent.count));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
  }
}

function rateOf({ count, seconds }: Ended): number {
  return count / seconds;
}

type Measured = Record<"plain" | "hmac" | "encrypted" | "handshakes" | "raw_tls", number[]>;

function reportOf({ plain, hmac, encrypted, handshakes, raw_tls }: Measured): Report {
  const figures = {
    hmac_vs_plain: rounded(medianRatio(hmac, plain)),
    encrypted_vs_plain: rounded(medianRatio(encrypted, plain)),
    handshakes_vs_raw_tls: rounded(medianRatio(handshakes, raw_tls)),
    handshakes_per_s: Math.round(median(handshakes)),
    raw_tls_handshakes_per_s: Math.round(median(raw_tls)),
    plain_per_s: Math.round(median(plain)),
    hmac_per_s: Math.round(median(hmac)),
    encrypted_per_s: Math.round(median(encrypted)),
  };
  const rows = Object.entries(figures).map(([name, value]) => [name, String(value)]);
  return {
    result: { ...figures, machine: machine(), rounds: ROUNDS },
    text: table(["security", ""], rows),
  };
}
