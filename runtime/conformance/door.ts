import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:tls";
import { type Address, formatAddress } from "../net/address.js";
import { fromSocketError } from "../net/foreign-error.js";
import { peerOfSocket } from "../net/peer-of-socket.js";
import { tlsSettings } from "../net/tls-settings.js";
import type { Credentials } from "../security/credentials.js";
import { Conversation } from "./conversation.js";

/** Where peers under test dial in. Those whose certificate is not of the cluster are turned away. */
export class Door {
  readonly #server: Server;
  readonly #host: string;
  readonly #came: Conversation[] = [];
  #wake: () => void = () => {};

  private constructor(server: Server, host: string) {
    this.#server = server;
    this.#host = host;
  }

  /** @throws RnpError `UNAVAILABLE` where the address cannot be listened on */
  static async open({ host, port }: Address, credentials: Credentials): Promise<Door> {
    const server = createServer({ ...tlsSettings(credentials), requestCert: true });
    const door = new Door(server, host);
    server.on("tlsClientError", (_, socket) => socket.destroy());
    server.on("secureConnection", (socket) => {
      try {
        const { identity } = peerOfSocket(socket, credentials.identity.cluster);
        door.#came.push(new Conversation(socket, identity));
        door.#wake();
      } catch {
        socket.destroy(); // The peer learns it from that; no case has begun.
      }
    });
    server.listen(port, host);
    await once(server, "listening").catch((thrown) => {
      throw fromSocketError(`listening on ${formatAddress({ host, port })}`, thrown);
    });
    return door;
  }

  get address(): string {
    const { port } = this.#server.address() as AddressInfo;
    return formatAddress({ host: this.#host, port });
  }

  /** The next peer that comes; `undefined` where none does in time. */
  async next(withinMs: number): Promise<Conversation | undefined> {
    if (this.#came.length === 0) {
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, withinMs);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    return this.#came.shift();
  }

  /** Turns away whoever came and was not met, and waits for nobody any more. */
  close(): void {
    this.#wake();
    this.#server.close();
    for (const conversation of this.#came.splice(0)) conversation.destroy();
  }
}
