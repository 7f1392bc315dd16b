import type { OutgoingMessage } from "./outgoing.js";

/** Messages of one channel that were taken and not sent yet, oldest first. */
export class Backlog {
  #messages: OutgoingMessage[] = [];
  /** Those before it have been taken out. */
  #head = 0;
  /** How many of the rest are over. */
  #overCount = 0;

  /** How many wait. */
  get size(): number {
    return this.#messages.length - this.#head - this.#overCount;
  }

  get isEmpty(): boolean {
    return this.size === 0;
  }

  get isFull(): boolean {
    return this.size >= COUNT_MAX;
  }

  push(message: OutgoingMessage): void {
    this.#messages.push(message);
  }

  /** Puts messages before all others. */
  putFirst(messages: readonly OutgoingMessage[]): void {
    if (messages.length === 0) return;
    this.#messages = [...messages, ...this.#messages.slice(this.#head)];
    this.#head = 0;
  }

  first(): OutgoingMessage | undefined {
    while (this.#messages[this.#head]?.isOver) {
      this.#overCount -= 1;
      this.#advance();
    }
    return this.#messages[this.#head];
  }

  /** Takes out the one that `first` gave. */
  shift(): void {
    this.#advance();
  }

  /** One of those in here is over since; it no longer counts. */
  dropOver(): void {
    this.#overCount += 1;
  }

  waiting(): OutgoingMessage[] {
    return this.#messages.slice(this.#head).filter(({ isOver }) => !isOver);
  }

  #advance(): void {
    this.#head += 1;
    if (this.#head < COMPACT_COUNT && this.#head < this.#messages.length) return;
    this.#messages = this.#messages.slice(this.#head);
    this.#head = 0;
  }
}

/** Each holds its data, so whoever sends more without awaiting any is told. */
const COUNT_MAX = 65_536;
/** So many places are given back at once. */
const COMPACT_COUNT = 1024;
