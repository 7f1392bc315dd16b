/** A hash of 64 bits as two unsigned halves, since JavaScript counts exactly only to 2^53. */
export interface Lanes {
  readonly low: number;
  readonly high: number;
}

const PRIME = 0x01000193;
/** The two lanes read the same text from different beginnings: the two halves of FNV's basis of 64 bits. */
const BASIS_LOW = 0x84222325;
const BASIS_HIGH = 0xcbf29ce4;

/** FNV-1a of 32 bits over the UTF-16 units of a text, scattered; for ASCII these are its bytes. */
function lane(text: string, basis: number): number {
  let hash = basis;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), PRIME);
  }
  return scatter(hash);
}

/**
 * The finalizer of MurmurHash3. FNV alone must not be summed: texts that differ in their last digit hash
 * to values that lie exactly one prime apart, so that two opposite changes would cancel out.
 */
function scatter(hash: number): number {
  let bits = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

export function hashLow(text: string): number {
  return lane(text, BASIS_LOW);
}

export function hashText(text: string): Lanes {
  return { low: lane(text, BASIS_LOW), high: lane(text, BASIS_HIGH) };
}

/** 16 hex characters, the high lane first. */
export function toHex({ high, low }: Lanes): string {
  return high.toString(16).padStart(8, "0") + low.toString(16).padStart(8, "0");
}
