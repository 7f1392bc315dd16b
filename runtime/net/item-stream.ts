import type { RnpError } from "../core/error.js";

/** Where the items of a stream go. */
export interface ItemSink {
  item(data: unknown): void;
  /** The end: a good one, or an error. Nothing comes after it. */
  end(error: RnpError | undefined): void;
}

/** What the reader of a stream can do about it. */
export interface StreamControls {
  /** Gives room for so many items more. */
  grant(count: number): void;
  /** Nobody reads any more. */
  cancel(): void;
}

/** Asks for a stream of at first `itemCredit` items. */
export type OpenStream = (
  sink: ItemSink,
  itemCredit: number,
) => StreamControls | Promise<StreamControls>;

interface Reader<Item> {
  resolve(result: IteratorResult<Item, undefined>): void;
  reject(error: unknown): void;
}

/**
 * The items of a stream as they come. The request is sent with the first `next()`; leaving the iteration
 * cancels it. The credit for an item returns when its reader asks for the next one, so however slow the
 * reader, no more than `itemCredit` items wait for it here.
 *
 * The end is a `done` only where the other side said so; a lost connection throws.
 */
export class ItemStream<Item> implements AsyncIterableIterator<Item> {
  readonly #open: OpenStream;
  readonly #itemCredit: number;
  readonly #items: Item[] = [];
  readonly #readers: Reader<Item>[] = [];
  #controls: StreamControls | undefined;
  #isOpened = false;
  #end: { readonly error: RnpError | undefined } | undefined;
  /** Items handed out for which the credit has not returned. */
  #takenCount = 0;

  constructor(itemCredit: number, open: OpenStream) {
    this.#open = open;
    this.#itemCredit = itemCredit;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Item, undefined>> {
    if (!this.#isOpened) this.#start();
    // Whoever asks for the next item is done with those before.
    if (this.#items.length === 0 || this.#takenCount * 2 >= this.#itemCredit) this.#returnCredit();
    if (this.#items.length > 0) return Promise.resolve(this.#hand(this.#items.shift()!));
    if (this.#end !== undefined) return this.#finish(this.#end.error);
    return new Promise((resolve, reject) => this.#readers.push({ resolve, reject }));
  }

  /** Cancels; items that have come are dropped. */
  return(): Promise<IteratorResult<Item, undefined>> {
    this.#isOpened = true;
    this.#items.length = 0;
    const wasOver = this.#end !== undefined;
    this.#end = { error: undefined };
    if (!wasOver) this.#controls?.cancel();
    this.#dismissReaders();
    return Promise.resolve({ done: true, value: undefined });
  }

  #start(): void {
    this.#isOpened = true;
    const sink: ItemSink = {
      item: (data) => this.#handleItem(data as Item),
      end: (error) => this.#handleEnd(error),
    };
    try {
      const controls = this.#open(sink, this.#itemCredit);
      if (!(controls instanceof Promise)) this.#controls = controls;
      else
        controls.then(
          (late) => this.#use(late),
          (error) => this.#handleEnd(error),
        );
    } catch (thrown) {
      this.#handleEnd(thrown as RnpError);
    }
  }

  #use(controls: StreamControls): void {
    this.#controls = controls;
    if (this.#end !== undefined) controls.cancel();
  }

  #handleItem(item: Item): void {
    if (this.#end !== undefined) return;
    const reader = this.#readers.shift();
    if (reader === undefined) this.#items.push(item);
    else reader.resolve(this.#hand(item));
  }

  #handleEnd(error: RnpError | undefined): void {
    if (this.#end !== undefined) return;
    this.#end = { error };
    const reader = this.#readers.shift();
    if (reader === undefined) return;
    this.#finish(error).then(reader.resolve, reader.reject);
    this.#dismissReaders();
  }

  /** An error is thrown once; after it the iteration is over. */
  #finish(error: RnpError | undefined): Promise<IteratorResult<Item, undefined>> {
    this.#end = { error: undefined };
    if (error !== undefined) return Promise.reject(error);
    return Promise.resolve({ done: true, value: undefined });
  }

  #dismissReaders(): void {
    for (const reader of this.#readers.splice(0)) reader.resolve({ done: true, value: undefined });
  }

  #hand(item: Item): IteratorResult<Item, undefined> {
    this.#takenCount += 1;
    return { done: false, value: item };
  }

  #returnCredit(): void {
    if (this.#takenCount === 0 || this.#end !== undefined) return;
    this.#controls?.grant(this.#takenCount);
    this.#takenCount = 0;
  }
}

/**
 * How many items of a type a reader has room for. Large ones are few, so that a stream holds about 4 MiB at
 * the most, a quarter of the largest window.
 */
export function itemCreditFor(sizeMax: number): number {
  return Math.min(ITEM_COUNT_MAX, Math.max(ITEM_COUNT_MIN, Math.floor(STREAM_SIZE_MAX / sizeMax)));
}

const ITEM_COUNT_MIN = 2;
const ITEM_COUNT_MAX = 64;
const STREAM_SIZE_MAX = 4 * 1024 * 1024;
