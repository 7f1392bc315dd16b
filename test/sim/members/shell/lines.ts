import type { Speaker } from "../../../../runtime/core/membership/contract.js";
import type { Process } from "../process/process.js";
import type { Dial, Host } from "../tcp/dial.js";
import type { Socket } from "../tcp/socket.js";
import type { Frame } from "./frame.js";

/** How one peer is reached. */
interface Line {
  readonly peer: string;
  /** The open connections, whoever dialled, those to the latest process first. */
  readonly sockets: Socket[];
  address: string | undefined;
  dial: Dial | undefined;
  /** What leaves when the dial has succeeded. */
  waiting: Frame[];
}

export interface LinesOptions {
  readonly process: Process;
  /** Who is at an address; there may be nobody. */
  find(address: string): Host | undefined;
  /** Where a peer is as far as the table knows, so that no address has to be kept twice. */
  addressOf(peer: string): string | undefined;
}

/** The connections of one process, by peer: what is sent goes over any that is open, else over one that is dialled. */
export class Lines {
  readonly #options: LinesOptions;
  readonly #lines = new Map<string, Line>();
  readonly #dials = new Map<Dial, Line>();
  #oldDials: Dial[] = [];

  constructor(options: LinesOptions) {
    this.#options = options;
  }

  /** Open connections, of all peers together. */
  get openCount(): number {
    let count = 0;
    for (const { sockets } of this.#lines.values()) count += sockets.length;
    return count;
  }

  peers(): Iterable<string> {
    return this.#lines.keys();
  }

  /** The open connections to one peer. */
  socketsOf(peer: string): readonly Socket[] {
    return this.#lines.get(peer)?.sockets ?? [];
  }

  locate(peer: string, address: string): void {
    const isKnown = this.#options.addressOf(peer) === address;
    const line = isKnown ? this.#lines.get(peer) : this.#line(peer);
    if (line !== undefined) line.address = isKnown ? undefined : address;
  }

  forget(peer: string): void {
    const line = this.#lines.get(peer);
    if (line === undefined) return;
    line.address = undefined;
    if (line.sockets.length === 0 && line.dial === undefined) this.#lines.delete(peer);
  }

  send(peer: string, frame: Frame): void {
    const line = this.#lines.get(peer);
    const socket = line?.sockets[0];
    if (socket !== undefined) {
      socket.wasUsed = true;
      return socket.send(frame);
    }
    this.dial(peer);
    const dialled = this.#lines.get(peer);
    if (dialled?.dial !== undefined) dialled.waiting.push(frame);
  }

  /** Begins to dial a peer that is not connected, if anybody knows where it is. */
  dial(peer: string): void {
    const line = this.#line(peer);
    const address = line.address ?? this.#options.addressOf(peer);
    if (line.sockets.length > 0 || line.dial !== undefined || address === undefined) return;
    const host = this.#options.find(address);
    if (host === undefined) return;
    line.dial = this.#options.process.dial(host);
    this.#dials.set(line.dial, line);
  }

  /** Gives up the dials that were under way already when this was called last. */
  giveUpOldDials(): void {
    for (const dial of this.#oldDials) {
      const line = this.#dials.get(dial);
      if (line !== undefined) this.giveUp(line.peer);
    }
    this.#oldDials = [...this.#dials.keys()];
  }

  /** A connection to `peer` is open. Returns whom it was dialled for; another may have answered there. */
  opened(socket: Socket, peer: string, dial: Dial | undefined): string | undefined {
    const dialled = dial === undefined ? undefined : this.#settle(dial);
    insert(socket, this.#line(peer).sockets);
    const waiting = dialled?.waiting ?? [];
    if (dialled !== undefined) dialled.waiting = [];
    if (dialled?.peer === peer) for (const frame of waiting) socket.send(frame);
    return dialled?.peer;
  }

  /** Returns whether it was the last one. */
  closed(socket: Socket, peer: string): boolean {
    const { sockets } = this.#line(peer);
    const index = sockets.indexOf(socket);
    if (index >= 0) sockets.splice(index, 1);
    return sockets.length === 0;
  }

  /** A dial came to nothing. Returns for whom it was. */
  refused(dial: Dial): string | undefined {
    const line = this.#settle(dial);
    if (line !== undefined) line.waiting = [];
    return line?.peer;
  }

  /** Nobody waits any more for a peer that gives no answer to a dial. */
  giveUp(peer: string): void {
    const line = this.#lines.get(peer);
    if (line?.dial === undefined) return;
    line.dial.cancel();
    this.refused(line.dial);
  }

  #settle(dial: Dial): Line | undefined {
    const line = this.#dials.get(dial);
    this.#dials.delete(dial);
    if (line !== undefined) line.dial = undefined;
    return line;
  }

  #line(peer: string): Line {
    let line = this.#lines.get(peer);
    if (line === undefined) {
      line = { peer, sockets: [], address: undefined, dial: undefined, waiting: [] };
      this.#lines.set(peer, line);
    }
    return line;
  }
}

/**
 * The one to the latest process comes first: one to an earlier process, whose machine lost its power, is still there
 * until TCP gives it up, and what is sent on it gets nowhere.
 */
function insert(socket: Socket, sockets: Socket[]): void {
  const place = sockets.findIndex((other) => epochOf(other) < epochOf(socket));
  sockets.splice(place < 0 ? sockets.length : place, 0, socket);
}

function epochOf({ greeting }: Socket): number {
  return (greeting as Speaker).epoch ?? 0;
}
