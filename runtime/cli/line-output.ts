import type { Writable } from "node:stream";

/**
 * Standard output of a command that prints on and on: it waits for whoever reads slowly, so that lines do
 * not pile up here, and notices when they went away (`rnp tail … | head`).
 */
export class LineOutput {
  readonly #stream: Writable;
  readonly #closed = new AbortController();

  constructor(stream: Writable) {
    this.#stream = stream;
    stream.on("error", () => this.#closed.abort());
  }

  /** Aborts when nobody reads any more. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** Settles when there is room for more, or nobody reads any more. */
  async print(line: string): Promise<void> {
    if (this.closed.aborted || this.#stream.write(`${line}\n`)) return;
    await new Promise<void>((resolve) => {
      this.#stream.once("drain", resolve);
      this.closed.addEventListener("abort", () => resolve(), { once: true });
    });
  }
}
