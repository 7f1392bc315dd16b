import type { Packet } from "./capture.js";
import { type Segment, segmentOf } from "./segment.js";

/** Bytes that came together. */
export interface Chunk {
  /** In milliseconds since 1970; 0 where nobody knows. */
  readonly time: number;
  readonly bytes: Uint8Array;
}

/** What one side of a connection sent, in order. */
export interface Stream {
  readonly from: string;
  readonly to: string;
  readonly chunks: readonly Chunk[];
  /** How many bytes are missing behind the last chunk, where the capture has a hole. */
  readonly lost: number;
}

/** The directions of all connections in a capture, in the order in which they began. */
export function streamsOf(packets: readonly Packet[]): readonly Stream[] {
  const directions = new Map<string, Direction>();
  for (const packet of packets) {
    const segment = segmentOf(packet);
    if (segment === undefined) continue;
    const key = `${segment.from} ${segment.to}`;
    const known = directions.get(key);
    const direction = known ?? new Direction(segment);
    if (known === undefined) directions.set(key, direction);
    direction.add(segment, packet.time);
  }
  return [...directions.values()].map((direction) => direction.stream());
}

/** Puts the segments of one direction in order. Copies are dropped; what comes early waits. */
class Direction {
  readonly #from: string;
  readonly #to: string;
  #next: number;
  readonly #chunks: Chunk[] = [];
  #early: { readonly sequence: number; readonly chunk: Chunk }[] = [];

  constructor({ from, to, sequence }: Segment) {
    this.#from = from;
    this.#to = to;
    this.#next = sequence;
  }

  add({ sequence, isOpening, bytes }: Segment, time: number): void {
    const begin = isOpening ? (sequence + 1) >>> 0 : sequence;
    if (isOpening && this.#chunks.length === 0) this.#next = begin;
    if (bytes.byteLength === 0) return;
    this.#early.push({ sequence: begin, chunk: { time, bytes } });
    this.#drain();
  }

  stream(): Stream {
    const gaps = this.#early.map(({ sequence }) => distance(this.#next, sequence));
    const lost = gaps.length === 0 ? 0 : Math.min(...gaps);
    return { from: this.#from, to: this.#to, chunks: this.#chunks, lost };
  }

  #drain(): void {
    for (;;) {
      const due = this.#early.find(({ sequence }) => distance(this.#next, sequence) <= 0);
      if (due === undefined) return;
      this.#early = this.#early.filter((other) => other !== due);
      const known = -distance(this.#next, due.sequence);
      const fresh = due.chunk.bytes.subarray(known);
      if (fresh.byteLength === 0) continue;
      this.#chunks.push({ time: due.chunk.time, bytes: fresh });
      this.#next = (this.#next + fresh.byteLength) >>> 0;
    }
  }
}

/** How far `to` is ahead of `from` among numbers of 32 bits that wrap round; below 0 where it is behind. */
function distance(from: number, to: number): number {
  return (to - from) | 0;
}
