import type { StoreBatch } from "../../runtime/core/delivery/keeping/store.js";
import type { LmdbStore } from "../../runtime/net/stores/lmdb-store.js";

export const PLACE = { peer: "node-2", channel: "control" };

/** How many of the last messages the outbox holds. */
export const KEPT_COUNT = 500;

/** Everything that a batch can have, each part of it recognisable as that of `number`. */
export function numbered(number: number): StoreBatch {
  const bytes = contentOf(number);
  return {
    outbox: [{ ...PLACE, number, message: bytes }],
    sending: [{ ...PLACE, state: bytes }],
    receiving: [{ ...PLACE, state: bytes }],
    effects: [
      { key: keyOf(number), value: bytes },
      { key: "last", value: bytes },
    ],
  };
}

/** Of sizes that take a part of a page, and several pages. */
function contentOf(number: number): Uint8Array {
  const size = number % 97 === 0 ? 9000 : 20 + (number % 300);
  return new TextEncoder().encode(`${number} `.padEnd(size, "."));
}

function numberOf(content: Uint8Array | undefined): number {
  return Number.parseInt(new TextDecoder().decode(content), 10) || 0;
}

function keyOf(number: number): string {
  return `n/${String(number).padStart(12, "0")}`;
}

/**
 * The last number whose records a store holds. Throws where it does not hold all of those before it, and
 * all of each.
 */
export async function lastNumber(store: LmdbStore): Promise<number> {
  const { outbox, sending, receiving } = await store.load();
  const last = numberOf(sending[0]?.state);
  if (last === 0) return 0;
  const whole = contentOf(last);
  assertSame(receiving[0]?.state, whole, "the state of the receiver");
  assertSame(store.durable.get("last"), whole, "the last effect");
  const first = Math.max(1, last - KEPT_COUNT + 1);
  assertSequence(
    outbox.map(({ number }) => number),
    first,
    last,
    "the outbox",
  );
  for (const { number, message } of outbox) {
    assertSame(message, contentOf(number), `message ${number}`);
  }
  const effects = [...store.durable.range({ prefix: "n/" })];
  assertSequence(
    effects.map(([key]) => Number(key.slice(2))),
    1,
    last,
    "the effects",
  );
  for (const [key, value] of effects) assertSame(value, contentOf(Number(key.slice(2))), key);
  return last;
}

function assertSequence(numbers: number[], first: number, last: number, what: string): void {
  const isWhole = numbers.every((number, index) => number === first + index);
  if (isWhole && numbers.length === last - first + 1) return;
  throw new Error(`${what}: ${first} to ${last} should be there; ${numbers.length} are`);
}

function assertSame(got: Uint8Array | undefined, expected: Uint8Array, what: string): void {
  if (got !== undefined && Buffer.compare(got, expected) === 0) return;
  throw new Error(`${what} is not what was committed`);
}
