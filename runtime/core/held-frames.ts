import type { FrameBatch } from "../wire/frame-batch.js";
import type { MessageKey } from "./message-ids.js";
import type { SendCredit } from "./send-credit.js";

interface Held {
  readonly key: MessageKey;
  readonly pieces: readonly Uint8Array[];
  readonly size: number;
  readonly needsCredit: boolean;
}

/**
 * Frames that wait for credit, in the order in which they were written. There may be hundreds of thousands,
 * all of which a lost connection takes back one by one, so none is ever searched for.
 */
export class HeldFrames {
  /** Made when there is something to hold, which on most connections there never is. */
  #frames: Set<Held> = NO_FRAMES;
  /** The newest of each key: an id that was given may be given again. */
  #byKey: Map<MessageKey, Held> = NO_KEYS;
  #size = 0;

  get isEmpty(): boolean {
    return this.#frames.size === 0;
  }

  /** Bytes of all frames that wait. */
  get size(): number {
    return this.#size;
  }

  /** Takes the last frame, of `size` bytes, out of `batch`. One that needs no credit waits only for its turn. */
  hold(batch: FrameBatch, size: number, key: MessageKey, needsCredit: boolean): void {
    const held = { key, pieces: batch.takeLast(), size, needsCredit };
    if (this.#frames === NO_FRAMES) {
      this.#frames = new Set();
      this.#byKey = new Map();
    }
    this.#frames.add(held);
    this.#byKey.set(key, held);
    this.#size += size;
  }

  /** Whether a message waits here. */
  has(key: MessageKey): boolean {
    return this.#byKey.has(key);
  }

  /** Forgets one message. */
  remove(key: MessageKey): boolean {
    const held = this.#byKey.get(key);
    if (held === undefined) return false;
    this.#drop(held);
    return true;
  }

  /** Moves what the credit above `floor` allows to `batch`. */
  release(credit: SendCredit, batch: FrameBatch, floor = 0): void {
    for (const held of this.#frames) {
      if (held.needsCredit) {
        if (credit.available <= floor) return;
      }
      const before = batch.size;
      batch.append(held.pieces);
      // Not what it had when it was held: protection and compression come with its turn.
      if (held.needsCredit) credit.spend(batch.size - before);
      this.#drop(held);
    }
  }

  #drop(held: Held): void {
    this.#frames.delete(held);
    if (this.#byKey.get(held.key) === held) this.#byKey.delete(held.key);
    this.#size -= held.size;
  }
}

/** Of those who hold nothing, for all of them; never added to. */
const NO_FRAMES = new Set<Held>();
const NO_KEYS = new Map<MessageKey, Held>();
