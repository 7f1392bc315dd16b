import type { TLSSocket } from "node:tls";
import type { Connection } from "../core/connection.js";
import type { ConnectionEvent } from "../core/connection-types.js";
import type { RnpError } from "../core/error.js";
import { now } from "./clock.js";
import { fromSocketError } from "./foreign-error.js";
import { Inflow } from "./inflow.js";
import { LinkOutput } from "./link-output.js";
import { Outflow, type Stalls } from "./outflow.js";
import { Wakeup } from "./wakeup.js";

/** Who hears of all that a connection has to tell, in order. */
export interface EventSink {
  handleEvent(event: ConnectionEvent): void;
}

/** Runs a connection over its socket: bytes and timers go in; bytes and events come out. */
export class LinkSocket {
  /** When something last came or left, in the time of `now()`. */
  usedAt: number = now();
  readonly inflow: Inflow;
  readonly output: LinkOutput;

  readonly #socket: TLSSocket;
  readonly #connection: Connection;
  readonly #outflow: Outflow;
  readonly #wakeup: Wakeup;
  readonly #sink: EventSink;

  /** `peer` is its id. */
  constructor(socket: TLSSocket, peer: string, connection: Connection, sink: EventSink) {
    this.#socket = socket;
    this.#connection = connection;
    this.#sink = sink;
    this.inflow = new Inflow(socket, connection);
    this.#outflow = new Outflow(socket, connection);
    this.output = new LinkOutput(peer, connection, this.#outflow, this);
    this.#wakeup = new Wakeup(() => this.#wake());
    this.#attach(peer);
    this.output.schedule();
  }

  get stalls(): Stalls {
    return this.#outflow.stalls;
  }

  /** Ends the connection at once. */
  fail(error: RnpError): void {
    this.#connection.fail(error);
    this.flush();
  }

  /** The same, and the peer is told why. */
  expel(error: RnpError): void {
    this.#connection.expel(error);
    this.flush();
  }

  /**
   * Does what the connection wants done. All bytes of one turn leave in one write.
   *
   * @param isHurried leaves out what gathers; see `Connection.takeOutput`
   */
  flush(isHurried = false): void {
    const { writes, events, wakeAt } = this.#connection.takeOutput(isHurried);
    if (writes.length > 0) this.#outflow.write(writes);
    else this.#outflow.check();
    this.#giveUpWhereHopeless();
    if (writes.length > 0 || events.length > 0) this.usedAt = now();
    if (wakeAt === undefined) this.#endSocket();
    else this.#wakeup.at(wakeAt);
    for (const event of events) this.#sink.handleEvent(event);
  }

  #attach(peer: string): void {
    const socket = this.#socket;
    socket.setNoDelay(true);
    socket.on("data", (bytes) => this.#handleBytes(bytes));
    for (const event of ["end", "close"]) {
      socket.on(event, () => {
        this.#connection.handleEnd();
        this.flush();
      });
    }
    // A TLS error leaves the socket open, so it is destroyed here, whatever it was.
    socket.on("error", (error) => {
      this.fail(fromSocketError(`the connection to ${peer}`, error));
      socket.destroy();
    });
  }

  #handleBytes(bytes: Uint8Array): void {
    const time = now();
    this.#connection.handleBytes(time, bytes);
    this.flush(true);
    if (this.#connection.hasUnhurried) this.output.scheduleLate();
    this.inflow.took(bytes, time, this.#outflow.hasBulk);
  }

  #wake(): void {
    // What we do not read, we cannot hear: such silence tells nothing of the peer.
    if (this.#socket.isPaused()) this.#connection.handlePause(now());
    this.#connection.handleTimeout(now());
    this.flush();
  }

  #giveUpWhereHopeless(): void {
    const error = this.output.hopelessness;
    if (error === undefined) return;
    this.#connection.fail(error);
    this.#socket.destroy();
  }

  #endSocket(): void {
    this.#wakeup.cancel();
    if (!this.#outflow.isAlive) return;
    this.#outflow.end();
    // A peer that does not end its side must not keep the socket, least of all one that never was a peer.
    const wasOpen = this.#connection.agreement !== undefined;
    const patienceMs = wasOpen ? END_PATIENCE_MS : STRANGER_PATIENCE_MS;
    const forced = setTimeout(() => this.#socket.destroy(), patienceMs);
    forced.unref();
    this.#socket.once("close", () => clearTimeout(forced));
  }
}

/** How long a peer may take to end its side of a closed connection. */
const END_PATIENCE_MS = 1000;
/** The same where the handshake was never done: long enough to read why. */
const STRANGER_PATIENCE_MS = 100;
