import { PROTOCOL } from "../../../../generated/protocol.js";
import { KIND } from "../engine/kinds.js";
import type { Process } from "../process/process.js";
import type { Dial, Host } from "../tcp/dial.js";

/** How long one that gives no sign of life is waited for, before the next is tried. */
const PATIENCE_MS = PROTOCOL.handshake.hello_timeout_ms;

/** How a new process finds the others: it tries addresses that it was given, in turn, until somebody answers. */
export class Joining {
  readonly #process: Process;
  readonly #find: (address: string) => Host | undefined;
  #addresses: readonly string[] = [];
  #next = 0;
  #dial: Dial | undefined;

  constructor(process: Process, find: (address: string) => Host | undefined) {
    this.#process = process;
    this.#find = find;
  }

  begin(addresses: readonly string[]): void {
    this.#addresses = addresses;
    this.#tryNext();
  }

  /** Whether this is what it waited for; then it is done. */
  isDoneBy(dial: Dial | undefined): boolean {
    if (dial === undefined || dial !== this.#dial) return false;
    this.#dial = undefined;
    this.#addresses = [];
    return true;
  }

  refused(dial: Dial): void {
    if (dial === this.#dial) this.#dial = undefined;
  }

  /** The time for one is up. */
  handleTimeout(): void {
    this.#dial?.cancel();
    this.#dial = undefined;
    this.#tryNext();
  }

  #tryNext(): void {
    const address = this.#addresses[this.#next % this.#addresses.length];
    if (address === undefined) return;
    this.#next += 1;
    const host = this.#find(address);
    if (host !== undefined) this.#dial = this.#process.dial(host);
    this.#process.timer(this.#process.engine.now + PATIENCE_MS, KIND.join, 0);
  }
}
