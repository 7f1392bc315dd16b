import { type ChangeKind, ChangeQueue, type SeenChange } from "../core/membership/coalesce.js";
import type { RowChange } from "../core/membership/contract.js";
import type { MemberState } from "../core/membership/news.js";
import type { Row } from "../core/membership/rows.js";
import { now } from "../net/clock.js";
import { Wakeup } from "../net/wakeup.js";
import type { Member } from "./member-list.js";

/** What has become of a member since a listener was told last. */
export interface MemberChange {
  readonly kind: ChangeKind;
  readonly node: string;
  readonly state: MemberState;
  /** What the listener was told last; `undefined`: nothing. */
  readonly previous: MemberState | undefined;
  readonly member: Member;
}

/** Gives each listener every change from the moment it began to listen, as an async iterable. */
export class MemberFeed {
  readonly #listeners = new Set<Listener>();
  readonly #describe: (row: Row) => Member;
  #isClosed = false;

  constructor(describe: (row: Row) => Member) {
    this.#describe = describe;
  }

  publish(change: RowChange): void {
    for (const listener of this.#listeners) listener.push(change);
  }

  /** Ends every iteration, once what is known has been taken. */
  close(): void {
    this.#isClosed = true;
    for (const listener of this.#listeners) listener.close();
  }

  /**
   * Listening begins here, not with the first `next()`. What comes and goes before it is taken is not shown, and
   * neither is a suspicion that is taken back at once; so no more waits here than there are members.
   */
  listen(): AsyncIterableIterator<MemberChange> {
    const listener = new Listener();
    if (this.#isClosed) listener.close();
    this.#listeners.add(listener);
    const stop = () => {
      listener.close();
      this.#listeners.delete(listener);
    };
    return new ChangeIterator(listener, (change) => this.#shown(change), stop);
  }

  #shown({ kind, node, before, after }: SeenChange): MemberChange {
    const { state } = after;
    return { kind, node, state, previous: before?.state, member: this.#describe(after) };
  }
}

/** What one listener has not seen yet, and how it hears that there is something. */
class Listener {
  readonly #queue = new ChangeQueue();
  readonly #wakeup = new Wakeup(() => this.#wake());
  #wake: () => void = () => {};
  #isClosed = false;

  push(change: RowChange): void {
    this.#queue.push(now(), change);
    this.#wake();
  }

  close(): void {
    this.#isClosed = true;
    this.#wakeup.cancel();
    this.#wake();
  }

  /** `undefined`: there will be no more. */
  async take(): Promise<SeenChange | undefined> {
    for (;;) {
      const change = this.#queue.take(now());
      if (change !== undefined || this.#isClosed) return change;
      this.#wakeup.at(this.#queue.wakeAt);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

/** Not a generator: ending it must also end a `next` that waits. */
class ChangeIterator implements AsyncIterableIterator<MemberChange> {
  readonly #listener: Listener;
  readonly #shown: (change: SeenChange) => MemberChange;
  readonly #stop: () => void;
  /** The last of those that were asked for: they are answered in turn. */
  #last: Promise<unknown> = Promise.resolve();
  #isOver = false;

  constructor(listener: Listener, shown: (change: SeenChange) => MemberChange, stop: () => void) {
    this.#listener = listener;
    this.#shown = shown;
    this.#stop = stop;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<MemberChange>> {
    const next = this.#last.then(() => this.#take());
    this.#last = next;
    return next;
  }

  async return(): Promise<IteratorResult<MemberChange>> {
    this.#end();
    return { done: true, value: undefined };
  }

  async #take(): Promise<IteratorResult<MemberChange>> {
    const change = this.#isOver ? undefined : await this.#listener.take();
    if (change !== undefined && !this.#isOver) return { done: false, value: this.#shown(change) };
    this.#end();
    return { done: true, value: undefined };
  }

  #end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#stop();
  }
}
