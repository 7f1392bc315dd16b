import type { TLSSocket } from "node:tls";
import { Turn } from "./turn.js";

/** Chunks from this size on are bulk: full records of TLS, which small messages fill only in crowds. */
const BULK_CHUNK_SIZE_MIN = 8192;
/** A connection that has carried bulk within this time is not one that bulk holds up. */
const BULK_MS = 1000;
/** Bytes that handlers may have of a peer without flow control: the largest window of one that has it. */
const UNSETTLED_SIZE_MAX = 16 * 1024 * 1024;
/** What Node reads from a socket at once. */
const READ_SIZE = 65_536;

/** Who takes in what comes. */
export interface Reader {
  /** What may be sent to the peer; infinite where it knows no flow control. */
  readonly creditBytes: number;
  /** Bytes of messages that handlers have. */
  readonly unsettledSize: number;
}

/**
 * The way into one connection: stops reading from its socket while handlers have too much to do, and for the
 * rest of a turn of the event loop in which enough bulk has come.
 */
export class Inflow {
  readonly #socket: TLSSocket;
  readonly #turn: Turn;
  readonly #reader: Reader;
  /** When bulk was last carried, either way. */
  #bulkAt = Number.NEGATIVE_INFINITY;
  #awaitsTurn = false;
  /** Bytes to come that this turn has counted in already. */
  #prepaidSize = 0;

  constructor(socket: TLSSocket, reader: Reader, turn: Turn = Turn.current) {
    this.#socket = socket;
    this.#reader = reader;
    this.#turn = turn;
  }

  /** A chunk has been taken in at `time`. `isSending`: bulk leaves by this connection. */
  took({ length }: Uint8Array, time: number, isSending = false): void {
    const isBulk = length >= BULK_CHUNK_SIZE_MIN;
    if (isBulk || isSending) this.#bulkAt = time;
    else if (time - this.#bulkAt > BULK_MS) this.#turn.share(time);
    if (isBulk && !this.#pay(length)) this.#awaitTurn();
    if (this.#isOverwhelmed) this.#socket.pause();
  }

  /** Something has been handled. */
  relieved(): void {
    if (this.#socket.isPaused()) this.#resume();
  }

  /** A peer without flow control is held back by TCP while handlers have too much to do. */
  get #isOverwhelmed(): boolean {
    const { creditBytes, unsettledSize } = this.#reader;
    return creditBytes === Number.POSITIVE_INFINITY && unsettledSize > UNSETTLED_SIZE_MAX;
  }

  /** `false`: the turn has no room for more. */
  #pay(size: number): boolean {
    this.#prepaidSize -= size;
    return this.#prepaidSize >= 0 || this.#turn.spend(size);
  }

  #awaitTurn(): void {
    if (this.#awaitsTurn) return;
    this.#awaitsTurn = true;
    this.#prepaidSize = READ_SIZE;
    this.#socket.pause();
    this.#turn.later(READ_SIZE, () => {
      this.#awaitsTurn = false;
      this.#resume();
    });
  }

  #resume(): void {
    if (!this.#awaitsTurn && !this.#isOverwhelmed) this.#socket.resume();
  }
}
