/** How many strangers a node lets knock at once, and how often. */
export interface AdmissionLimits {
  /**
   * Sockets that have not finished the handshake yet, in all. Default 512: each costs about 50 KB, and is gone after
   * four seconds at most.
   */
  readonly unprovenMax: number;
  /** The same for one address (of IPv6 one /64). Default 128, so that one address cannot take the place of all. */
  readonly unprovenPerAddressMax: number;
  /**
   * Handshakes a second that one address may begin in the long run. Default 100: with a millisecond of processor
   * time each, a tenth of one core.
   */
  readonly handshakesPerSecond: number;
  /** Handshakes that an address which was quiet may begin at once. Default 200: a rack that comes back. */
  readonly handshakeBurst: number;
}

/** Why somebody was not let in to begin a handshake. */
export type Refusal = "unproven" | "unproven-of-address" | "handshake-rate";

/** Somebody who was let in to prove himself. */
export interface Guest {
  /** He has, or has gone. Calling it again does nothing. */
  release(): void;
}

interface Bucket {
  tokens: number;
  filledAt: number;
  unprovenCount: number;
}

/**
 * Who may begin a handshake. A handshake costs a node far more than whoever asks for one and never finishes it, so
 * those that are under way are counted, in all and by address, and a token bucket bounds how fast an address begins
 * new ones. `now` is on a clock that never goes back, in ms.
 */
export class Admission {
  readonly #limits: AdmissionLimits;
  readonly #buckets = new Map<string, Bucket>();
  #unprovenCount = 0;
  #sweepAt = 0;

  constructor(limits: AdmissionLimits) {
    this.#limits = limits;
  }

  /** Sockets that have been let in and have not proven themselves. */
  get unprovenCount(): number {
    return this.#unprovenCount;
  }

  /** Lets whoever comes from `address` begin a handshake, or says why not. */
  admit(now: number, address: string): Guest | Refusal {
    const { unprovenMax, unprovenPerAddressMax } = this.#limits;
    this.#sweep(now);
    if (this.#unprovenCount >= unprovenMax) return "unproven";
    const bucket = this.#bucketOf(now, placeOf(address));
    if (bucket.unprovenCount >= unprovenPerAddressMax) return "unproven-of-address";
    if (bucket.tokens < 1) return "handshake-rate";
    bucket.tokens -= 1;
    return this.#guest(bucket);
  }

  #guest(bucket: Bucket): Guest {
    let isCounted = true;
    this.#unprovenCount += 1;
    bucket.unprovenCount += 1;
    return {
      release: () => {
        if (!isCounted) return;
        isCounted = false;
        this.#unprovenCount -= 1;
        bucket.unprovenCount -= 1;
      },
    };
  }

  #bucketOf(now: number, place: string): Bucket {
    const { handshakesPerSecond, handshakeBurst } = this.#limits;
    let bucket = this.#buckets.get(place);
    if (bucket === undefined) {
      bucket = { tokens: handshakeBurst, filledAt: now, unprovenCount: 0 };
      this.#buckets.set(place, bucket);
    }
    const gained = ((now - bucket.filledAt) / 1000) * handshakesPerSecond;
    bucket.tokens = Math.min(handshakeBurst, bucket.tokens + gained);
    bucket.filledAt = now;
    return bucket;
  }

  /** Forgets the addresses whose buckets are full again: an address that was never seen is the same. */
  #sweep(now: number): void {
    if (now < this.#sweepAt) return;
    const { handshakesPerSecond, handshakeBurst } = this.#limits;
    const fillMs = (handshakeBurst / handshakesPerSecond) * 1000;
    this.#sweepAt = now + fillMs;
    for (const [place, { filledAt, unprovenCount }] of this.#buckets) {
      if (unprovenCount === 0 && now - filledAt >= fillMs) this.#buckets.delete(place);
    }
  }
}

/** What counts as one address: whoever has an IPv6 address has all 2^64 of its network. */
function placeOf(address: string): string {
  if (!address.includes(":")) return address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  return mapped ?? networkOf(address);
}

function networkOf(address: string): string {
  const [before = "", after] = address.split("%", 1)[0]!.split("::");
  const head = before === "" ? [] : before.split(":");
  const tail = after === undefined || after === "" ? [] : after.split(":");
  const zeros = after === undefined ? 0 : Math.max(0, 8 - head.length - tail.length);
  const groups = [...head, ...Array.from({ length: zeros }, () => "0"), ...tail];
  return groups
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(":");
}
