import type { StoreBatch } from "../../core/delivery/keeping/store.js";
import { RnpError } from "../../core/error.js";
import { WriteSet } from "./write-set.js";

/** Writes a group to the disk, wholly or not at all, and settles when it is durable. */
export type WriteGroup = (set: WriteSet) => Promise<void>;

interface Group {
  readonly set: WriteSet;
  readonly durable: Promise<void>;
  readonly settle: () => void;
  readonly fail: (error: RnpError) => void;
}

/**
 * Many commits, one `fsync`. While one group is being written, what comes meanwhile makes up the next one;
 * so a lone commit waits for nothing, and under load the groups grow to whatever the disk's pace demands. No
 * clock is needed for it.
 *
 * Groups are written one after the other. When one has failed, those behind it fail unwritten, and so does
 * whatever comes later: the disk may or may not hold the failed group, and a second `fsync` that succeeds
 * would not say that the first one's pages are there.
 */
export class GroupCommit {
  readonly #write: WriteGroup;
  /** Being written first, then waiting; only the last one takes more. */
  readonly #groups: Group[] = [];
  #isWriting = false;
  #refusal: RnpError | undefined;

  constructor(write: WriteGroup) {
    this.#write = write;
  }

  /** What is not durable yet, the oldest first. */
  get pending(): WriteSet[] {
    return this.#groups.map(({ set }) => set);
  }

  /** Takes part in the next group. */
  add(batch: StoreBatch): Promise<void> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    const group = this.#openGroup();
    group.set.add(batch);
    return group.durable;
  }

  /** Settles when all that was added before is durable. */
  settled(): Promise<void> {
    if (this.#refusal !== undefined) return Promise.reject(this.#refusal);
    return this.#groups.at(-1)?.durable ?? Promise.resolve();
  }

  /** Takes nothing more, and settles when nothing is being written, well or not. */
  async close(refusal: RnpError): Promise<void> {
    const last = this.#groups.at(-1)?.durable;
    this.#refusal ??= refusal;
    await last?.catch(() => {});
  }

  #openGroup(): Group {
    const last = this.#groups.at(-1);
    const isOpen = last !== undefined && !(this.#isWriting && this.#groups.length === 1);
    if (isOpen && last.set.size < GROUP_SIZE_MAX) return last;
    const group = newGroup();
    this.#groups.push(group);
    // What else comes in this turn of the event loop shares the first group.
    if (this.#groups.length === 1) setImmediate(() => void this.#writeAll());
    return group;
  }

  async #writeAll(): Promise<void> {
    this.#isWriting = true;
    try {
      for (let group = this.#groups[0]; group !== undefined; group = this.#groups[0]) {
        await this.#write(group.set);
        this.#groups.shift();
        group.settle();
      }
    } catch (cause) {
      this.#fail(cause);
    } finally {
      this.#isWriting = false;
    }
  }

  #fail(cause: unknown): void {
    const why = cause instanceof Error ? cause.message : String(cause);
    const failed = `a commit failed (${why}); mend its cause and start the process again`;
    this.#refusal = new RnpError("INTERNAL_ERROR", `the store takes nothing more since ${failed}`, {
      cause,
    });
    const [first, ...behind] = this.#groups.splice(0);
    first?.fail(new RnpError("INTERNAL_ERROR", failed, { cause, outcome: "unknown" }));
    for (const group of behind) group.fail(this.#refusal);
  }
}

function newGroup(): Group {
  let settle = () => {};
  let fail: Group["fail"] = () => {};
  const durable = new Promise<void>((resolve, reject) => {
    settle = resolve;
    fail = reject;
  });
  return { set: new WriteSet(), durable, settle, fail };
}

/** A larger transaction holds up those behind it, and is held in memory as a whole. In bytes. */
const GROUP_SIZE_MAX = 16 * 1024 * 1024;
