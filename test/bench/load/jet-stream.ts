import { join } from "node:path";
import { Child } from "./child.js";
import type { InFlightOptions } from "./in-flight.js";
import type { NatsSync } from "./nats-server.js";
import { perSecond } from "./sent.js";

type Server = typeof import("./nats-server.js");
type Publisher = typeof import("./nats-publisher.js");
type Consumer = typeof import("./nats-consumer.js");

/** A nats-server with JetStream on the disk, a process that publishes and one that consumes. */
export class JetStream implements AsyncDisposable {
  readonly #server = new Child<Server>("nats-server");
  readonly #publisher = new Child<Publisher>("nats-publisher");
  readonly #consumer = new Child<Consumer>("nats-consumer");

  /** Its files are in `folder`. At most `inFlightCount` messages are consumed and not acknowledged. */
  async connect(folder: string, sync: NatsSync, inFlightCount: number): Promise<void> {
    const address = await this.#server.call("serveNats", join(folder, `nats-${sync}`), sync);
    await this.#consumer.call("consumeNats", address, inFlightCount);
    await this.#publisher.call("connectNats", address);
  }

  /** Messages a second, from the first one's publication until the last one's second acknowledgement. */
  async rate(options: InFlightOptions): Promise<number> {
    const sent = await this.#publisher.call("publishNats", options);
    return perSecond(sent, await this.#consumer.call("natsHandled", sent.count));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of [this.#publisher, this.#consumer, this.#server]) {
      await child[Symbol.asyncDispose]();
    }
  }
}
