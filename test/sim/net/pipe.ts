import type { Timer } from "../world/event-queue.js";
import type { World } from "../world/world.js";

/** How bytes travel one way. */
export interface PipeSettings {
  readonly latencyMinMs: number;
  /** Of what comes on top of it, different for each chunk. */
  readonly jitterMeanMs: number;
  readonly chunkSizeMax: number;
  /** Bytes that may be on their way; more wait with the writer. */
  readonly capacity: number;
}

/** Where nothing goes wrong any more, bytes are as late as ever, but as many as there are travel at once. */
export function healed(settings: PipeSettings): PipeSettings {
  return { ...settings, chunkSizeMax: 65_536, capacity: 1_048_576 };
}

/** The end that bytes come out of. */
export interface PipeEnd {
  bytes(bytes: Uint8Array): void;
  end(): void;
  reset(): void;
}

interface Piece {
  readonly bytes: Uint8Array;
  /** The writer may use the memory again. */
  readonly written: (() => void) | undefined;
}

interface Flying {
  readonly arrivesAt: number;
  readonly what: Uint8Array | "end" | "reset";
}

/**
 * Bytes on their way from one end of a connection to the other: late, in chunks that have nothing to do with how
 * they were written, and at worst not at all. Their order is always kept, as TCP does.
 */
export class Pipe {
  readonly #world: World;
  #settings: PipeSettings;
  readonly #to: PipeEnd;
  readonly #waiting: Piece[] = [];
  /** Bytes of the first piece that have left. */
  #leftOfFirst = 0;
  #waitingSize = 0;
  readonly #flying: Flying[] = [];
  #flyingSize = 0;
  #timer: Timer | undefined;
  #stalledUntil = 0;
  #isEnding = false;
  #isOver = false;

  constructor(world: World, settings: PipeSettings, to: PipeEnd) {
    this.#world = world;
    this.#settings = settings;
    this.#to = to;
  }

  /** Bytes that wait with the writer. */
  get waitingSize(): number {
    return this.#waitingSize;
  }

  /** The memory is looked at until `written` is called. */
  write(bytes: Uint8Array, written?: () => void): void {
    if (this.#isOver || this.#isEnding) return;
    this.#waiting.push({ bytes, written });
    this.#waitingSize += bytes.length;
    this.#pump();
  }

  /** The other end hears of it behind all bytes. */
  end(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    this.#pump();
  }

  /** The writer is gone: what is on its way still arrives. */
  abandon(): void {
    this.#dropWaiting();
    this.#isEnding = true;
    this.#pump();
  }

  /** Nothing arrives for a while; for ever, where that is so long. */
  stall(ms: number): void {
    this.#stalledUntil = this.#world.now + ms;
    this.#schedule();
  }

  /** From now on bytes travel as fast as they can. */
  heal(): void {
    this.#stalledUntil = 0;
    this.#settings = healed(this.#settings);
    this.#schedule();
    this.#pump();
  }

  /** Some of the bytes on their way still arrive, but no more; then the other end hears that all is lost. */
  reset(): void {
    this.#dropWaiting();
    this.#isOver = true;
    const { dice } = this.#world;
    const kept = this.#flying.splice(0, this.#flying.length);
    let room = dice.below(this.#flyingSize + 1);
    for (const { what, arrivesAt } of kept) {
      if (typeof what === "string" || room === 0) break;
      this.#flying.push({ what: what.subarray(0, room), arrivesAt });
      room -= Math.min(room, what.length);
    }
    this.#fly("reset");
  }

  /** Nothing arrives any more, and nobody hears of it. */
  vanish(): void {
    this.#dropWaiting();
    this.#isOver = true;
    this.#flying.length = 0;
    this.#timer?.cancel();
  }

  #dropWaiting(): void {
    this.#waiting.length = 0;
    this.#leftOfFirst = 0;
    this.#waitingSize = 0;
  }

  #pump(): void {
    while (this.#waiting.length > 0 && this.#flyingSize < this.#settings.capacity) this.#launch();
    if (this.#waiting.length > 0 || !this.#isEnding || this.#isOver) return;
    this.#isOver = true;
    this.#fly("end");
  }

  /** One chunk leaves, of as many pieces as there are in it. */
  #launch(): void {
    const { dice } = this.#world;
    const room = this.#settings.capacity - this.#flyingSize;
    const chunkSize = 1 + dice.below(this.#settings.chunkSizeMax);
    const chunk = new Uint8Array(Math.min(room, chunkSize, this.#waitingSize));
    const written: (() => void)[] = [];
    for (let at = 0; at < chunk.length; ) {
      const { bytes, written: onWritten } = this.#waiting[0]!;
      const part = bytes.subarray(this.#leftOfFirst, this.#leftOfFirst + chunk.length - at);
      chunk.set(part, at);
      at += part.length;
      this.#leftOfFirst += part.length;
      if (this.#leftOfFirst < bytes.length) continue;
      this.#leftOfFirst = 0;
      this.#waiting.shift();
      if (onWritten !== undefined) written.push(onWritten);
    }
    this.#waitingSize -= chunk.length;
    this.#flyingSize += chunk.length;
    this.#fly(chunk);
    for (const act of written) this.#world.after(0, act);
  }

  #fly(what: Flying["what"]): void {
    const { latencyMinMs, jitterMeanMs } = this.#settings;
    const latencyMs = latencyMinMs + this.#world.dice.exponential(jitterMeanMs);
    const before = this.#flying.at(-1)?.arrivesAt ?? 0;
    this.#flying.push({ what, arrivesAt: Math.max(before, this.#world.now + latencyMs) });
    this.#schedule();
  }

  /** One timer stands for all that flies. */
  #schedule(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    const first = this.#flying[0];
    if (first === undefined) return;
    const dueAt = Math.max(first.arrivesAt, this.#stalledUntil);
    if (dueAt === Number.POSITIVE_INFINITY) return;
    this.#timer = this.#world.after(dueAt - this.#world.now, () => this.#land());
  }

  #land(): void {
    const { what } = this.#flying.shift()!;
    this.#timer = undefined;
    if (typeof what !== "string") {
      this.#flyingSize -= what.length;
      this.#to.bytes(what);
      this.#pump();
    } else if (what === "end") this.#to.end();
    else this.#to.reset();
    if (this.#timer === undefined) this.#schedule();
  }
}
