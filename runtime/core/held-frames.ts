import type { FrameBatch } from "../wire/frame-batch.js";
import type { MessageKey } from "./message-ids.js";
import type { SendCredit } from "./send-credit.js";

interface Held {
  readonly key: MessageKey;
  readonly pieces: readonly Uint8Array[];
  readonly size: number;
  readonly needsCredit: boolean;
}

/** Frames that wait for credit, in the order in which they were written. */
export class HeldFrames {
  readonly #frames: Held[] = [];
  #size = 0;

  get isEmpty(): boolean {
    return this.#frames.length === 0;
  }

  /** Bytes of all frames that wait. */
  get size(): number {
    return this.#size;
  }

  /** Takes the last frame, of `size` bytes, out of `batch`. One that needs no credit waits only for its turn. */
  hold(batch: FrameBatch, size: number, key: MessageKey, needsCredit: boolean): void {
    this.#frames.push({ key, pieces: batch.takeLast(), size, needsCredit });
    this.#size += size;
  }

  /** Forgets one message. */
  remove(key: MessageKey): boolean {
    const index = this.#frames.findIndex((held) => held.key === key);
    if (index < 0) return false;
    this.#size -= this.#frames[index]!.size;
    this.#frames.splice(index, 1);
    return true;
  }

  /** Moves what the credit allows to `batch`. */
  release(credit: SendCredit, batch: FrameBatch): void {
    let count = 0;
    for (const held of this.#frames) {
      if (held.needsCredit) {
        if (credit.available <= 0) break;
        credit.spend(held.size);
      }
      batch.append(held.pieces);
      this.#size -= held.size;
      count += 1;
    }
    this.#frames.splice(0, count);
  }
}
