import { Buffer } from "node:buffer";
import {
  ChangedReader,
  type KeyRange,
  type KeyReader,
} from "../core/delivery/keeping/key-reader.js";
import type { Effect } from "../core/delivery/keeping/store.js";
import { RnpError } from "../core/error.js";
import { type PlannedSend, plannedSend, type SendInTransaction } from "./planned-send.js";

export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** What an application keeps under a key: anything that JSON can say, or bytes. What comes back is a copy. */
export type StoredValue = JsonValue | Uint8Array;

export type StoredEntry = readonly [key: string, value: StoredValue];

/** Reads the application's keys: texts of 1 to 1024 bytes of UTF-8, such as `order/42`. */
export interface StoreReader {
  get(key: string): StoredValue | undefined;
  /** Those in `range`, by key, ascending. */
  range(range?: KeyRange): StoredEntry[];
}

/**
 * Reads and changes the application's keys and sends messages, all of it or nothing. It sees what all transactions
 * before it did, and its own changes; nobody sees these before its end.
 */
export interface Transaction extends StoreReader {
  put(key: string, value: StoredValue): void;
  delete(key: string): void;
  /**
   * Sends a message to the node with this id, such as `tx.send("node-2", "instance.stopped", data)`: it is in the
   * outbox when the transaction is durable, leaves then, and survives this process.
   *
   * @throws RnpError `PROTOCOL_ERROR` where `data` breaks its schema or the type is none that is sent one way
   */
  readonly send: SendInTransaction;
}

/** What comes of a transaction: what its function returned, and what is to be committed. */
export interface TransactionOutcome<Result> {
  readonly result: Result;
  readonly effects: readonly Effect[];
  readonly sends: readonly PlannedSend[];
}

/**
 * Runs `work` on what `reader` shows. Where it throws, there is no effect.
 *
 * It runs from beginning to end without a pause, so no other transaction comes between, none has to wait for
 * a lock, and none is run twice: two handlers that count up the same key both count. That is why `work` cannot
 * be an `async` function; what takes time comes before the transaction or after it. The caller hands the
 * effects to the store in the same turn, so that the next transaction sees them.
 *
 * @throws TypeError where `work` returns a promise; RnpError `QUOTA_EXCEEDED` where it writes more than 8 MiB
 */
export function runTransaction<Result>(
  reader: KeyReader,
  work: (transaction: Transaction) => Result,
): TransactionOutcome<Result> {
  const transaction = new BufferedTransaction(reader);
  try {
    const result = work(transaction);
    if (isThenable(result)) {
      // It goes on, and fails when it next uses the transaction; that is said once, here.
      result.then(undefined, () => {});
      throw new TypeError(
        "a transaction's function must not be async: what takes time comes before the transaction",
      );
    }
    return { result, effects: transaction.effects, sends: transaction.sends };
  } finally {
    transaction.end();
  }
}

/** Reads values as applications wrote them. */
export function storeReader(reader: KeyReader): StoreReader {
  return {
    get(key) {
      const bytes = reader.get(checked(key));
      return bytes && decoded(bytes);
    },
    range: (range = {}) =>
      Array.from(reader.range(range), ([key, bytes]) => [key, decoded(bytes)] as const),
  };
}

class BufferedTransaction implements Transaction {
  readonly sends: PlannedSend[] = [];
  readonly send: SendInTransaction = (node, type, data, options) => {
    this.#assertOpen();
    this.sends.push(plannedSend(node, type, data, options));
  };
  readonly #changes = new Map<string, Uint8Array | undefined>();
  readonly #reader: StoreReader;
  #size = 0;
  #hasEnded = false;

  constructor(reader: KeyReader) {
    this.#reader = storeReader(new ChangedReader(reader, this.#changes));
  }

  get effects(): Effect[] {
    return Array.from(this.#changes, ([key, value]) => ({ key, value }));
  }

  get(key: string): StoredValue | undefined {
    this.#assertOpen();
    return this.#reader.get(key);
  }

  range(range?: KeyRange): StoredEntry[] {
    this.#assertOpen();
    return this.#reader.range(range);
  }

  put(key: string, value: StoredValue): void {
    this.#change(checked(key), encoded(value));
  }

  delete(key: string): void {
    this.#change(checked(key), undefined);
  }

  end(): void {
    this.#hasEnded = true;
  }

  #change(key: string, value: Uint8Array | undefined): void {
    this.#assertOpen();
    this.#size += key.length + (value?.length ?? 0);
    if (this.#size > SIZE_MAX) {
      throw new RnpError("QUOTA_EXCEEDED", `a transaction writes at most ${SIZE_MAX} bytes`);
    }
    this.#changes.set(key, value);
  }

  #assertOpen(): void {
    if (this.#hasEnded) throw new TypeError("the transaction has ended; begin another one");
  }
}

/** A value on disk: one byte says what the rest is. */
const BYTES = 0;
const JSON_TEXT = 1;

function encoded(value: StoredValue): Uint8Array {
  if (value instanceof Uint8Array) return Buffer.concat([Buffer.of(BYTES), value]);
  // A function or `undefined` gives no text, although the types allow neither.
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw new TypeError("a value must be JSON or a Uint8Array");
  return Buffer.concat([Buffer.of(JSON_TEXT), Buffer.from(text)]);
}

function decoded(bytes: Uint8Array): StoredValue {
  const rest = bytes.subarray(1);
  if (bytes[0] === BYTES) return new Uint8Array(rest);
  return JSON.parse(Buffer.from(rest.buffer, rest.byteOffset, rest.length).toString());
}

function checked(key: string): string {
  const size = Buffer.byteLength(key);
  if (size > 0 && size <= KEY_SIZE_MAX && !LONE_SURROGATE.test(key)) return key;
  throw new TypeError(`a key has 1 to ${KEY_SIZE_MAX} bytes of valid Unicode: ${key.slice(0, 80)}`);
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
}

/** In bytes of UTF-8: what a store takes. */
const KEY_SIZE_MAX = 1024;
/** Two keys with different halves of a pair would be the same one on disk. */
const LONE_SURROGATE = /\p{Surrogate}/u;
/** A handler that writes more wants a file, not a transaction. In bytes. */
const SIZE_MAX = 8 * 1024 * 1024;
