import type { TLSSocket } from "node:tls";
import type { PeerIdentity } from "../core/identity.js";
import { FrameReader } from "../wire/frame-reader.js";
import { type Heard, readHeard } from "./heard.js";

/** One connection with the peer under test: says anything, and listens closely. */
export class Conversation {
  readonly peer: PeerIdentity;
  /** What came and nobody has waited for yet. */
  readonly heard: Heard[] = [];
  /** Capabilities in force. */
  capabilities: ReadonlySet<string> = new Set();
  readonly #socket: TLSSocket;
  readonly #reader = new FrameReader();
  #offered: readonly string[] = [];
  #fault: string | undefined;
  /** Those who wait for something to happen. */
  readonly #waiting = new Set<() => void>();

  constructor(socket: TLSSocket, peer: PeerIdentity) {
    this.#socket = socket;
    this.peer = peer;
    socket.setNoDelay(true);
    socket.on("data", (bytes) => this.#take(bytes));
    // A reset is one way to close; that it came too early shows in what was not heard.
    socket.on("error", () => socket.destroy());
    socket.on("close", () => this.#wake());
  }

  get isClosed(): boolean {
    return this.#socket.closed || this.#socket.destroyed;
  }

  /** What the peer itself has done wrong. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Settles when the bytes are with the system, or nobody takes them any more. */
  write(bytes: Uint8Array): Promise<void> {
    if (!this.#socket.writable) return Promise.resolve();
    return new Promise((resolve) => this.#socket.write(bytes, () => resolve()));
  }

  /** Ends our half. */
  end(): void {
    this.#socket.end();
  }

  /** Ends all of it at once. */
  destroy(): void {
    this.#socket.destroy();
  }

  /** Takes the first message that `isMeant`; `undefined` where none came before the end, or in time. */
  async hear(isMeant: (heard: Heard) => boolean, withinMs: number): Promise<Heard | undefined> {
    await this.until(() => this.heard.some(isMeant), withinMs);
    const index = this.heard.findIndex(isMeant);
    return index < 0 ? undefined : this.heard.splice(index, 1)[0];
  }

  /** Settles once `isSo`, the connection is over or the peer has broken a rule on it, or the time is. */
  until(isSo: () => boolean, withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const settle = () => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      const look = () => {
        if (isSo() || this.isClosed || this.#fault !== undefined) settle();
      };
      const timer = setTimeout(settle, withinMs);
      this.#waiting.add(look);
      look();
    });
  }

  #wake(): void {
    for (const look of [...this.#waiting]) look();
  }

  #take(bytes: Buffer): void {
    if (this.#fault !== undefined) return;
    try {
      this.#reader.push(bytes, (flags, chunk, from, to) => {
        const rules = { peer: this.peer.id, capabilities: this.capabilities };
        this.#hear(readHeard(flags, chunk.subarray(from, to), rules));
      });
    } catch (thrown) {
      this.#fault = (thrown as Error).message;
    }
    this.#wake();
  }

  #hear(heard: Heard): void {
    this.heard.push(heard);
    // What comes right behind it may need what it agrees on.
    if (heard.type === "hello_ack") this.agree(this.#offered, heard.data.capabilities);
  }

  /** What we name ourselves. */
  offer(capabilities: readonly string[]): void {
    this.#offered = capabilities;
  }

  /** Both have named what they offer. */
  agree(ours: readonly string[], theirs: unknown = []): void {
    const named = new Set(theirs as readonly string[]);
    this.capabilities = new Set(ours.filter((name) => named.has(name)));
  }
}
