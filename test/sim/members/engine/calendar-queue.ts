/** Time runs in ticks of 1/16 ms: a number holds each of them exactly, and a millisecond has an order within. */
export const TICKS_PER_MS = 16;

/** Ticks that have a bucket each at one time, about eight seconds; a power of two. */
const WINDOW_TICKS = 1 << 17;

/** Whom something happens to. */
export interface Target {
  /** The machine it is on, for the trace. */
  readonly node: number;
  happen(kind: number, subject: number, extra: unknown): void;
}

interface Later {
  first: number;
  last: number;
}

/**
 * What is going to happen, in the order of time; what is due in the same tick, in the order it was added.
 *
 * A bucket for each tick of the present window, and a list for each window after it, whose events are dealt out to
 * the buckets when its turn comes. Both are lists of slots, and a slot is a place in some arrays: nothing is
 * allocated for an event, and none is ever compared with another. A bit for each bucket says whether it is empty.
 * Nothing is cancelled: who does not want an event any more lets it pass.
 */
export class CalendarQueue {
  /** What `take` has taken out. */
  tick = 0;
  kind = 0;
  subject = 0;
  target: Target = NOBODY;
  extra: unknown;

  readonly #firsts = new Int32Array(WINDOW_TICKS);
  readonly #lasts = new Int32Array(WINDOW_TICKS);
  readonly #isUsed = new Int32Array(WINDOW_TICKS / 32);
  readonly #later = new Map<number, Later>();
  /** Which window has the buckets, and how far in it all is done. */
  #window = 0;
  #offset = 0;
  #size = 0;

  #capacity = 1024;
  #ticks = new Float64Array(this.#capacity);
  #kinds = new Uint8Array(this.#capacity);
  #subjects = new Int32Array(this.#capacity);
  #nexts = new Int32Array(this.#capacity);
  readonly #targets: Target[] = [NOBODY];
  readonly #extras: unknown[] = [undefined];
  /** Slots that are free, as a list; slot 0 is the end of every list. */
  #free = 0;
  #slotCount = 1;

  /** Events that are still to happen. */
  get size(): number {
    return this.#size;
  }

  /** What is due in the past is due at once. */
  add(tick: number, target: Target, kind: number, subject: number, extra: unknown): void {
    const slot = this.#takeSlot();
    const at = tick < this.tick ? this.tick : tick;
    this.#ticks[slot] = at;
    this.#kinds[slot] = kind;
    this.#subjects[slot] = subject;
    this.#targets[slot] = target;
    this.#extras[slot] = extra;
    this.#nexts[slot] = 0;
    this.#size += 1;
    const offset = at - this.#window * WINDOW_TICKS;
    if (offset < WINDOW_TICKS) this.#append(offset, slot);
    else this.#postpone(Math.floor(at / WINDOW_TICKS), slot);
  }

  /** Takes out the next event that is due at `until` or before, into the fields above; says whether there is one. */
  take(until: number): boolean {
    for (;;) {
      const offset = this.#nextUsed();
      if (offset >= 0) {
        if (this.#window * WINDOW_TICKS + offset > until) return this.#rest(until);
        this.#offset = offset;
        this.#remove(offset);
        return true;
      }
      const next = this.#nextWindow();
      if (next * WINDOW_TICKS > until) return this.#rest(until);
      this.#open(next);
    }
  }

  #rest(until: number): false {
    // What is added from now on may be due before what was found.
    if (until > this.tick) this.tick = until;
    return false;
  }

  #append(offset: number, slot: number): void {
    const last = this.#lasts[offset]!;
    this.#lasts[offset] = slot;
    if (last !== 0) {
      this.#nexts[last] = slot;
      return;
    }
    this.#firsts[offset] = slot;
    this.#isUsed[offset >>> 5]! |= 1 << (offset & 31);
  }

  #remove(offset: number): void {
    const slot = this.#firsts[offset]!;
    const next = this.#nexts[slot]!;
    this.#firsts[offset] = next;
    if (next === 0) {
      this.#lasts[offset] = 0;
      this.#isUsed[offset >>> 5]! &= ~(1 << (offset & 31));
    }
    this.tick = this.#ticks[slot]!;
    this.kind = this.#kinds[slot]!;
    this.subject = this.#subjects[slot]!;
    this.target = this.#targets[slot]!;
    this.extra = this.#extras[slot];
    this.#extras[slot] = undefined;
    this.#nexts[slot] = this.#free;
    this.#free = slot;
    this.#size -= 1;
  }

  /** The first bucket from here on that has something in it; -1 where there is none in this window. */
  #nextUsed(): number {
    const isUsed = this.#isUsed;
    let word = this.#offset >>> 5;
    let bits = isUsed[word]! & (-1 << (this.#offset & 31));
    while (bits === 0) {
      word += 1;
      if (word === isUsed.length) return -1;
      bits = isUsed[word]!;
    }
    return (word << 5) + 31 - Math.clz32(bits & -bits);
  }

  #nextWindow(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const window of this.#later.keys()) if (window < next) next = window;
    return next;
  }

  #open(window: number): void {
    const { first } = this.#later.get(window)!;
    this.#later.delete(window);
    this.#window = window;
    this.#offset = 0;
    for (let slot = first; slot !== 0; ) {
      const next = this.#nexts[slot]!;
      this.#nexts[slot] = 0;
      this.#append(this.#ticks[slot]! - window * WINDOW_TICKS, slot);
      slot = next;
    }
  }

  #postpone(window: number, slot: number): void {
    const later = this.#later.get(window);
    if (later === undefined) {
      this.#later.set(window, { first: slot, last: slot });
      return;
    }
    this.#nexts[later.last] = slot;
    later.last = slot;
  }

  #takeSlot(): number {
    const slot = this.#free;
    if (slot !== 0) {
      this.#free = this.#nexts[slot]!;
      return slot;
    }
    if (this.#slotCount === this.#capacity) this.#grow();
    return this.#slotCount++;
  }

  #grow(): void {
    this.#capacity *= 2;
    this.#ticks = grown(this.#ticks, new Float64Array(this.#capacity));
    this.#kinds = grown(this.#kinds, new Uint8Array(this.#capacity));
    this.#subjects = grown(this.#subjects, new Int32Array(this.#capacity));
    this.#nexts = grown(this.#nexts, new Int32Array(this.#capacity));
  }
}

function grown<Values extends Float64Array | Uint8Array | Int32Array>(
  before: Values,
  after: Values,
): Values {
  after.set(before);
  return after;
}

const NOBODY: Target = { node: -1, happen: () => {} };
