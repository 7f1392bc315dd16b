import type { Occurrence } from "../world/occurrence.js";
import { Checker } from "./checker.js";

interface Stream {
  readonly produced: string[];
  readCount: number;
  hasEndedWell: boolean;
}

/** A stream is read as it was produced, and ends where it was ended. */
export class Streams extends Checker {
  override readonly rule = "items come in order, without gap, and before the end";
  readonly #streams = new Map<number, Stream>();

  protected override judge(occurrence: Occurrence): void {
    switch (occurrence.kind) {
      case "call":
        if (occurrence.verb !== "stream") return;
        this.#streams.set(occurrence.call, { produced: [], readCount: 0, hasEndedWell: false });
        return;
      case "produced":
        return void this.#streams.get(occurrence.call)?.produced.push(occurrence.digest);
      case "handled": {
        const stream = this.#streams.get(occurrence.call);
        if (stream !== undefined) stream.hasEndedWell = occurrence.well;
        return;
      }
      case "item":
        return this.#read(occurrence.call, occurrence.index, occurrence.digest);
      case "settled":
        if (occurrence.by === "end") this.#ended(occurrence.call);
    }
  }

  #read(call: number, index: number, digest: string): void {
    const stream = this.#streams.get(call);
    if (stream === undefined) return this.fail(`call ${call} is no stream and got an item`);
    const { readCount, produced } = stream;
    if (index !== readCount) this.fail(`call ${call}: item ${index} came as number ${readCount}`);
    else if (produced[index] !== digest) this.fail(`call ${call}: item ${index} is another`);
    stream.readCount += 1;
  }

  #ended(call: number): void {
    const { readCount, produced, hasEndedWell } = this.#streams.get(call)!;
    if (!hasEndedWell) this.fail(`call ${call} ended, but nobody ended it`);
    if (readCount === produced.length) return;
    this.fail(`call ${call} ended after ${readCount} of ${produced.length} items`);
  }
}
