import type { AddressInfo, DropArgument, Socket } from "node:net";
import { createServer, type Server, type TLSSocket } from "node:tls";
import { RnpError, toRnpError } from "../core/error.js";
import { type Address, formatAddress } from "./address.js";
import type { ConnectionBudget } from "./connection-budget.js";
import type { Endpoint } from "./endpoint.js";
import { closeAtExpiry } from "./expiry.js";
import { fromSocketError } from "./foreign-error.js";
import { Link } from "./link.js";
import { peerOfSocket } from "./peer-of-socket.js";
import { tlsSettings } from "./tls-settings.js";

export interface ListenerOptions {
  /** A socket that has not finished its TLS handshake by then is destroyed. */
  readonly handshakeTimeoutMs: number;
  /** Where it has no room for another connection, that one is closed at once. */
  readonly budget: ConnectionBudget;
  /** A connection was refused before it had a peer; `from` is its address. */
  onRefused(from: string, error: RnpError): void;
}

/** Accepts connections of the cluster's nodes. */
export class Listener {
  readonly #server: Server;
  readonly #endpoint: Endpoint;
  readonly #options: ListenerOptions;

  private constructor(server: Server, endpoint: Endpoint, options: ListenerOptions) {
    this.#server = server;
    this.#endpoint = endpoint;
    this.#options = options;
    server.on("connection", (socket) => this.#count(socket));
    server.on("drop", (dropped) => this.#refuseForWantOfRoom(dropped));
    // None at all has to be said as less than that: 0 meant no limit before Node 21.
    options.budget.onRoomToAccept((countMax) => {
      server.maxConnections = countMax === 0 ? -1 : countMax;
    });
    server.on("secureConnection", (socket) => this.#accept(socket));
    // The handshake timeout and every TLS error only emit this; the socket stays open unless destroyed.
    server.on("tlsClientError", (error, socket) => this.#refuse(socket, error));
  }

  /** @throws RnpError `UNAVAILABLE` where the address cannot be listened on. */
  static async open(
    address: Address,
    endpoint: Endpoint,
    options: ListenerOptions,
  ): Promise<Listener> {
    const server = createServer({
      ...tlsSettings(endpoint.credentials),
      requestCert: true,
      handshakeTimeout: options.handshakeTimeoutMs,
    });
    const listener = new Listener(server, endpoint, options);
    await listening(server, address);
    // Accepting can fail, for want of file descriptors for instance; the next one may succeed.
    server.on("error", (error) =>
      options.onRefused("a new connection", fromSocketError("accepting a connection", error)),
    );
    return listener;
  }

  /** The port listened on, as the system chose it where 0 was asked for. */
  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Takes no new connections. Those that are open stay. */
  close(): void {
    this.#server.close();
  }

  #accept(socket: TLSSocket): void {
    try {
      const { credentials, connection, observer } = this.#endpoint;
      const peer = peerOfSocket(socket, connection.local.cluster);
      const link = new Link(
        socket,
        { ...connection, side: "server", peer: peer.identity },
        observer,
      );
      closeAtExpiry(link, Math.min(peer.expiresAt, credentials.expiresAt));
    } catch (thrown) {
      this.#refuse(socket, thrown);
    }
  }

  #count(socket: Socket): void {
    const counted = this.#options.budget.accepted();
    socket.once("close", () => counted.release());
  }

  #refuseForWantOfRoom({ remoteAddress, remotePort }: DropArgument = {}): void {
    const error = new RnpError("RESOURCE_EXHAUSTED", "max_connections connections are open");
    this.#options.onRefused(`${remoteAddress}:${remotePort}`, error);
  }

  #refuse(socket: TLSSocket, cause: unknown): void {
    const from = `${socket.remoteAddress}:${socket.remotePort}`;
    const error = toRnpError(cause);
    const isOurs = error.code !== "INTERNAL_ERROR";
    this.#options.onRefused(from, isOurs ? error : fromSocketError(`accepting ${from}`, cause));
    socket.on("error", () => {}); // It is given up.
    socket.destroy();
  }
}

function listening(server: Server, address: Address): Promise<void> {
  return new Promise((resolve, reject) => {
    const onError = (error: Error) =>
      reject(fromSocketError(`listening on ${formatAddress(address)}`, error));
    server.once("error", onError);
    server.listen(address.port, address.host, () => {
      server.off("error", onError);
      resolve();
    });
  });
}
