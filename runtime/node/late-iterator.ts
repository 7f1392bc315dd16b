/** Iterates over what is there only some time after it was first asked for an item. */
export class LateIterator<Item> implements AsyncIterableIterator<Item> {
  readonly #open: () => Promise<AsyncIterable<Item>>;
  #iterator: Promise<AsyncIterator<Item>> | undefined;

  constructor(open: () => Promise<AsyncIterable<Item>>) {
    this.#open = open;
  }

  async next(): Promise<IteratorResult<Item>> {
    this.#iterator ??= this.#open().then((items) => items[Symbol.asyncIterator]());
    return (await this.#iterator).next();
  }

  /** Before the first item: nothing is opened any more. */
  async return(): Promise<IteratorResult<Item>> {
    this.#iterator ??= Promise.resolve(nothing());
    const iterator = await this.#iterator;
    return iterator.return?.() ?? OVER;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}

const OVER = { done: true, value: undefined } as const;

async function* nothing(): AsyncGenerator<never> {}
