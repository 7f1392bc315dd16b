import {
  type AddressInfo,
  createServer,
  type DropArgument,
  type Server,
  type Socket,
} from "node:net";
import {
  createServer as createTlsServer,
  type TLSSocket,
  type Server as TlsServer,
} from "node:tls";
import { RnpError, toRnpError } from "../core/error.js";
import { type Address, formatAddress } from "./address.js";
import type { Admission, Guest, Refusal } from "./admission.js";
import { now } from "./clock.js";
import type { ConnectionBudget } from "./connection-budget.js";
import type { Endpoint } from "./endpoint.js";
import { fromSocketError } from "./foreign-error.js";
import { Link } from "./link.js";
import { peerOfSocket } from "./peer-of-socket.js";
import type { RefusalKind } from "./refusals.js";
import { tlsSettings } from "./tls-settings.js";

export interface ListenerOptions {
  /** A socket that has not finished its TLS handshake by then is destroyed. */
  readonly handshakeTimeoutMs: number;
  /** Where it has no room for another connection, that one is closed at once. */
  readonly budget: ConnectionBudget;
  readonly admission: Admission;
  /** A connection was refused before it had a peer; `from` is its address. */
  onRefused(kind: RefusalKind, from: string, error: RnpError): void;
}

/**
 * Accepts connections of the cluster's nodes. A door of plain TCP stands in front of TLS, so that nobody who is not
 * let in costs a handshake.
 */
export class Listener {
  readonly #door: Server;
  readonly #tls: TlsServer;
  readonly #endpoint: Endpoint;
  readonly #options: ListenerOptions;
  /** Those whose handshake is under way, by the two ends of their connection: TLS gives another socket. */
  readonly #guests = new Map<string, Guest>();

  private constructor(door: Server, tls: TlsServer, endpoint: Endpoint, options: ListenerOptions) {
    this.#door = door;
    this.#tls = tls;
    this.#endpoint = endpoint;
    this.#options = options;
    door.on("connection", (socket) => this.#admit(socket));
    door.on("drop", (dropped) => this.#refuseForWantOfRoom(dropped));
    // None at all has to be said as less than that: 0 meant no limit before Node 21.
    options.budget.onRoomToAccept((countMax) => {
      door.maxConnections = countMax === 0 ? -1 : countMax;
    });
    tls.on("secureConnection", (socket) => this.#accept(socket));
    // The handshake timeout and every TLS error only emit this; the socket stays open unless destroyed.
    tls.on("tlsClientError", (error, socket) => this.#refuse("handshake", socket, error));
  }

  /** @throws RnpError `UNAVAILABLE` where the address cannot be listened on */
  static async open(
    address: Address,
    endpoint: Endpoint,
    options: ListenerOptions,
  ): Promise<Listener> {
    const door = createServer();
    const tls = createTlsServer({
      ...tlsSettings(endpoint.credentials),
      requestCert: true,
      handshakeTimeout: options.handshakeTimeoutMs,
    });
    const listener = new Listener(door, tls, endpoint, options);
    await listening(door, address);
    // Accepting can fail, for want of file descriptors for instance; the next one may succeed.
    door.on("error", (error) => {
      const failed = fromSocketError("accepting a connection", error);
      options.onRefused("connections", "a new connection", failed);
    });
    return listener;
  }

  /** The port listened on, as the system chose it where 0 was asked for. */
  get port(): number {
    return (this.#door.address() as AddressInfo).port;
  }

  /** Takes no new connections. Those that are open stay. */
  close(): void {
    this.#door.close();
  }

  #admit(socket: Socket): void {
    const { admission, budget, onRefused } = this.#options;
    const counted = budget.accepted();
    socket.once("close", () => counted.release());
    const admitted = admission.admit(now(), socket.remoteAddress ?? "");
    if (typeof admitted === "string") {
      onRefused(admitted, addressOf(socket), refusalError(admitted));
      // No goodbye for whoever comes too often: a reset leaves nothing behind here.
      return void socket.resetAndDestroy();
    }
    const ends = endsOf(socket);
    this.#guests.set(ends, admitted);
    socket.once("close", () => {
      admitted.release();
      this.#guests.delete(ends);
    });
    this.#tls.emit("connection", socket);
  }

  #accept(socket: TLSSocket): void {
    try {
      const { credentials, connection, observer, guard, ring } = this.#endpoint;
      const peer = peerOfSocket(socket, connection.local.cluster);
      guard.judge(peer);
      const link = new Link(
        socket,
        { ...connection, side: "server", peer: peer.identity, secrets: ring?.policy },
        observer,
      );
      guard.keep(link, peer, credentials.expiresAt);
      // Who has not finished the handshake by then is closed, and counts until he is gone.
      const guest = this.#guests.get(endsOf(socket));
      link.ready.then(() => guest?.release()).catch(() => {});
    } catch (thrown) {
      this.#refuse("identity", socket, thrown);
    }
  }

  #refuseForWantOfRoom(dropped: DropArgument = {}): void {
    const error = new RnpError("RESOURCE_EXHAUSTED", "max_connections connections are open");
    this.#options.onRefused("connections", addressOf(dropped), error);
  }

  #refuse(kind: RefusalKind, socket: TLSSocket, cause: unknown): void {
    const from = addressOf(socket);
    const error = toRnpError(cause);
    const isOurs = error.code !== "INTERNAL_ERROR";
    const told = isOurs ? error : fromSocketError(`accepting ${from}`, cause);
    this.#options.onRefused(kind, from, told);
    socket.on("error", () => {}); // It is given up.
    socket.destroy();
  }
}

interface Ends {
  readonly remoteAddress?: string | undefined;
  readonly remotePort?: number | undefined;
}

function addressOf({ remoteAddress, remotePort }: Ends): string {
  return `${remoteAddress}:${remotePort}`;
}

function endsOf(socket: Socket): string {
  return `${addressOf(socket)} ${socket.localAddress}`;
}

function refusalError(refusal: Refusal): RnpError {
  return new RnpError("RESOURCE_EXHAUSTED", `no handshake is begun: ${REASONS[refusal]}`);
}

const REASONS: Readonly<Record<Refusal, string>> = {
  unproven: "too many are under way",
  "unproven-of-address": "too many of this address are under way",
  "handshake-rate": "this address begins too many",
};

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
