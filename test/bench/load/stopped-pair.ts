import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { CertificatePaths } from "../../../runtime/security/certificate-files.js";
import { Child } from "./child.js";
import type { Ended, InFlightOptions } from "./in-flight.js";

type Server = typeof import("./stopped-server.js");
type Client = typeof import("./stopped-client.js");

/** One sends to the other, which is a controller. */
export type PairIdentities = Readonly<Record<"server" | "client", CertificatePaths>>;

/** Two processes with one connection, on which one sends messages and the other handles them. */
export class StoppedPair implements AsyncDisposable {
  readonly #server = new Child<Server>("stopped-server");
  readonly #client = new Child<Client>("stopped-client");

  /** With `folder` each of them has a store in there. */
  async connect({ server, client }: PairIdentities, folder?: string): Promise<void> {
    const listening = { identity: server, ...storeIn(folder, "server") };
    const address = await this.#server.call("serveStopped", listening);
    const dialling = { identity: client, ...storeIn(folder, "client") };
    await this.#client.call("connectStopped", dialling, address);
  }

  /** Messages a second. */
  async rate(
    delivery: "at-least-once" | "exactly-once",
    options: InFlightOptions,
  ): Promise<number> {
    const ended = await this.#client.call("sendStopped", delivery, options);
    assertHandled(await this.#server.call("handledSince"), ended);
    return ended.count / ended.seconds;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
    await this.#server[Symbol.asyncDispose]();
  }
}

function storeIn(folder: string | undefined, name: string): { store?: string } {
  if (folder === undefined) return {};
  const store = join(folder, name);
  mkdirSync(store);
  return { store };
}

/** No connection breaks here, so no message may have come twice either. */
function assertHandled(handled: number, { count }: Ended): void {
  if (handled !== count) throw new Error(`${count} were acknowledged, and ${handled} handled`);
}
