import type { TLSSocket } from "node:tls";
import { Turn } from "./turn.js";

type Written = (error?: Error | null) => void;

interface Waiting {
  bytes: Uint8Array;
  readonly written: Written;
}

/**
 * From this size on a piece is bulk and is written when nothing else is: whatever waits in a socket together,
 * Node copies into one buffer before it encrypts, which for pieces below this is cheaper than a write for
 * each.
 */
const BULK_SIZE_MIN = 65_536;
/** Encrypting holds up the event loop, so bulk is written in slices. */
const SLICE_SIZE = 131_072;

/** The pieces that leave by one socket, in their order. */
export class WriteQueue {
  readonly #socket: TLSSocket;
  readonly #turn: Turn;
  readonly #waiting: Waiting[] = [];
  readonly #onMoved: () => void;
  readonly #advance = () => this.advance();
  #waitingSize = 0;
  #awaitsTurn = false;
  #isEnded = false;

  /** `onMoved` hears when pieces that waited here have gone on to the socket. */
  constructor(socket: TLSSocket, onMoved: () => void, turn: Turn = Turn.current) {
    this.#socket = socket;
    this.#onMoved = onMoved;
    this.#turn = turn;
  }

  /** Bytes that have not been written, here and in the socket. */
  get size(): number {
    return this.#waitingSize + this.#socket.writableLength;
  }

  /** Whether large pieces wait, or are being written. */
  get hasBulk(): boolean {
    return this.size >= BULK_SIZE_MIN;
  }

  /** Whether nothing may be pushed any more. */
  get isEnded(): boolean {
    return this.#isEnded || this.#socket.writableEnded;
  }

  /** Ends the socket behind all that waits. */
  end(): void {
    this.#isEnded = true;
    if (this.#waiting.length === 0) this.#socket.end();
  }

  /** Writes `bytes` when it is their turn. `written` has to call `advance`. */
  push(bytes: Uint8Array, written: Written): void {
    if (this.#waiting.length === 0 && bytes.length < BULK_SIZE_MIN) {
      this.#socket.write(bytes, written);
      return;
    }
    this.#waiting.push({ bytes, written });
    this.#waitingSize += bytes.length;
    this.advance();
  }

  /** Something has been written, or a turn begun: others may go on. */
  advance(): void {
    if (this.#awaitsTurn) return;
    const before = this.#waitingSize;
    while (this.#waiting.length > 0 && this.#canWrite(this.#waiting[0]!)) this.#writeNext();
    if (this.#waitingSize === before) return;
    if (this.#isEnded && this.#waiting.length === 0) this.#socket.end();
    this.#onMoved();
  }

  #canWrite({ bytes }: Waiting): boolean {
    if (bytes.length < BULK_SIZE_MIN) return true;
    if (this.#socket.writableLength > 0) return false;
    if (this.#turn.isFull) this.#awaitTurn();
    return !this.#awaitsTurn;
  }

  /** Writes the next piece, or a slice of it. */
  #writeNext(): void {
    const next = this.#waiting[0]!;
    const { bytes, written } = next;
    const isLast = bytes.length <= SLICE_SIZE;
    if (isLast) this.#waiting.shift();
    else next.bytes = bytes.subarray(SLICE_SIZE);
    const slice = isLast ? bytes : bytes.subarray(0, SLICE_SIZE);
    this.#waitingSize -= slice.length;
    if (slice.length >= BULK_SIZE_MIN) this.#turn.spend(slice.length);
    this.#socket.write(slice, isLast ? written : this.#advance);
  }

  #awaitTurn(): void {
    this.#awaitsTurn = true;
    this.#turn.later(0, () => {
      this.#awaitsTurn = false;
      this.advance();
    });
  }
}
