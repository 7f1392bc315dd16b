import { decode } from "@msgpack/msgpack";

const HEADER_SIZE = 12;
/** Of a payload; greetings and grants are smaller, and of all others only the type matters. */
const HEAD_SIZE = 2048;
const COMPRESSED = 1;

/** What a frame looks like from outside. */
export interface SeenFrame {
  readonly type: string;
  /** With its header. */
  readonly bytes: number;
  /** Credit that it gives. */
  readonly credit: number | undefined;
  /** Of all its bytes. */
  readonly sum: number;
  /** What it acknowledges in a channel. One that is so large that it is compressed is not read. */
  readonly ack: SeenAck | undefined;
}

export interface SeenAck {
  readonly channel: string;
  readonly epoch: number;
  readonly seq: number;
  readonly beyond: readonly number[];
}

/** Reads the frames that pass by, with a MessagePack library that the runtime does not use. */
export class FrameTap {
  readonly #onFrame: (frame: SeenFrame) => void;
  readonly #head = new Uint8Array(HEADER_SIZE + HEAD_SIZE);
  #seenSize = 0;
  #frameSize = 0;
  #sum = SUM_START;

  constructor(onFrame: (frame: SeenFrame) => void) {
    this.#onFrame = onFrame;
  }

  push(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; ) {
      const goal = this.#seenSize < HEADER_SIZE ? HEADER_SIZE : this.#frameSize;
      const part = bytes.subarray(at, at + goal - this.#seenSize);
      this.#sum = summed(this.#sum, part);
      const room = this.#head.length - this.#seenSize;
      if (room > 0) this.#head.set(part.subarray(0, room), this.#seenSize);
      this.#seenSize += part.length;
      at += part.length;
      if (this.#seenSize === HEADER_SIZE) this.#frameSize = HEADER_SIZE + this.#view.getUint32(6);
      if (this.#seenSize > HEADER_SIZE && this.#seenSize === this.#frameSize) this.#end();
    }
  }

  get #view(): DataView {
    return new DataView(this.#head.buffer);
  }

  #end(): void {
    const isCompressed = (this.#view.getUint16(10) & COMPRESSED) !== 0;
    const payload = this.#head.subarray(HEADER_SIZE, Math.min(this.#frameSize, this.#head.length));
    const type = typeOf(isCompressed ? literalsOf(payload) : payload);
    // None of those is large enough to be compressed.
    const credit = GIVES_CREDIT.has(type) ? creditOf(payload) : undefined;
    const isWhole = this.#frameSize <= this.#head.length && !isCompressed;
    const ack = type === "ack" && isWhole ? ackOf(payload) : undefined;
    const sum = this.#sum >>> 0;
    this.#seenSize = 0;
    this.#sum = SUM_START;
    this.#onFrame({ type, bytes: this.#frameSize, sum, credit, ack });
  }
}

const SUM_START = 0x811c_9dc5;

function summed(before: number, bytes: Uint8Array): number {
  let sum = before;
  for (let at = 0; at < bytes.length; at++) sum = Math.imul(sum ^ bytes[at]!, 0x0100_0193);
  return sum;
}

const GIVES_CREDIT: ReadonlySet<string> = new Set(["hello", "hello_ack", "window.update"]);

/** `type` comes first in every payload: a map's head, "type", and a text of less than 32 characters. */
function typeOf(payload: Uint8Array): string {
  const length = payload[6]! & 0x1f;
  return Buffer.from(payload.subarray(7, 7 + length)).toString("latin1");
}

/** An LZ4 block begins with bytes as they were, and a payload with enough that do not repeat. */
function literalsOf(compressed: Uint8Array): Uint8Array {
  let at = 5;
  if (compressed[4]! >> 4 === 15) while (compressed[at++] === 255);
  return compressed.subarray(at);
}

function creditOf(payload: Uint8Array): number | undefined {
  const { data } = decode(payload) as {
    data: { bytes?: number; window_bytes?: number; capabilities?: string[] };
  };
  if (data.bytes !== undefined) return data.bytes;
  return data.capabilities?.includes("flow") ? data.window_bytes : undefined;
}

function ackOf(payload: Uint8Array): SeenAck | undefined {
  const { data } = decode(payload) as { data: Partial<SeenAck> };
  const { channel, epoch, seq, beyond = [] } = data;
  if (channel === undefined || epoch === undefined || seq === undefined) return undefined;
  return { channel, epoch, seq, beyond };
}
