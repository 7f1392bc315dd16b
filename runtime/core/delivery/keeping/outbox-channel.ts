import type { PoolName } from "../../../wire/message-type.js";
import { RnpError, toRnpError } from "../../error.js";
import type { KeptChannel, SendState } from "../records.js";
import type { OutgoingMessage } from "../sending/outgoing.js";
import type { Side } from "../sending/reconcile.js";
import type { SendLedger } from "../sending/send-ledger.js";
import { type ChannelNote, packNote } from "./channel-note.js";
import { Departures } from "./departures.js";
import type { Outbox } from "./outbox.js";
import { packEntry } from "./outbox-entry.js";
import type { ChannelKey, ChannelRecord, OutboxKey, StoreBatch } from "./store.js";

/** One channel of the outbox: numbers its messages, and writes down what is needed to go on after a crash. */
export class OutboxChannel implements SendLedger {
  readonly outbox: Outbox;
  readonly key: ChannelKey;
  /** That of the connections it goes by. */
  readonly pool: PoolName;
  readonly departures = new Departures();
  readonly #note: ChannelNote;
  /** Those that an earlier process left, until they are taken. */
  #left: OutgoingMessage[] = [];
  #next: number;
  #state: () => SendState;
  /** In the store, or on the way there. */
  #count = 0;
  /** Messages that are over, and whose end is not on its way to the store yet. */
  #over: OutboxKey[] = [];
  #forgetting: Promise<void> | undefined;
  #forgotten: Promise<void> | undefined;

  constructor(outbox: Outbox, key: ChannelKey, note: ChannelNote) {
    this.outbox = outbox;
    this.key = key;
    this.pool = note.pool;
    this.#note = note;
    this.#next = note.next;
    this.#state = () => note;
  }

  get kept(): KeptChannel {
    return this.#note;
  }

  /** Whether an earlier process left anything that has not been taken over. */
  get hasLeft(): boolean {
    return this.#left.length > 0;
  }

  takeLeft(): OutgoingMessage[] {
    const left = this.#left;
    this.#left = [];
    return left;
  }

  /** Takes over a message of an earlier process, in the order of their numbers. */
  adopt(message: OutgoingMessage, number: number): void {
    message.number = number;
    this.#left.push(message);
    this.#count += 1;
  }

  bind(state: () => SendState): void {
    this.#state = state;
  }

  /**
   * Gives a message its number; what is returned makes it durable. Messages leave in the order of their numbers, so
   * the batches have to be committed in that order.
   *
   * @throws RnpError `BACKPRESSURE` where too many wait, `PROTOCOL_ERROR` where its data breaks its schema
   */
  take(message: OutgoingMessage, expiresAt: number): StoreBatch {
    if (this.#count >= COUNT_MAX) throw this.#full();
    const bytes = packed(message, expiresAt);
    const isFirst = this.#next === 1;
    message.number = this.#next;
    this.#next += 1;
    this.#count += 1;
    const { number } = message;
    const outbox = [{ ...this.key, number, message: bytes }];
    return isFirst ? { outbox, sending: [this.#record()] } : { outbox };
  }

  /** A message that has its number will not be in the store; the number is left out. */
  notTaken(): void {
    this.#count -= 1;
  }

  /** A message is over. Settles when it is out of the store for good. */
  forget(number: number): Promise<void> {
    this.#count = Math.max(0, this.#count - 1);
    this.#over.push({ ...this.key, number });
    this.#forgetting ??= this.#forgetMore();
    return this.#forgetting;
  }

  keep(): Promise<void> {
    return this.outbox.commit({ sending: [this.#record()] });
  }

  forgotten(by: Side): void {
    this.outbox.forgotten(this.key, by);
  }

  /** One commit at a time: what ends meanwhile goes with the next one. */
  #forgetMore(): Promise<void> {
    const before = this.#forgotten ?? Promise.resolve();
    const forgotten = before.then(() => {
      const settled = this.#over;
      this.#over = [];
      this.#forgetting = undefined;
      return this.outbox.commit({ settled, sending: [this.#record()] });
    });
    this.#forgotten = forgotten;
    return forgotten;
  }

  #record(): ChannelRecord {
    const { idSeed, pool } = this.#note;
    const note = { ...this.#state(), idSeed, next: this.#next, pool };
    return { ...this.key, state: packNote(note) };
  }

  #full(): RnpError {
    const { peer, channel } = this.key;
    const text = `${this.#count} messages wait in the outbox for channel ${channel} to ${peer}`;
    return new RnpError("BACKPRESSURE", text, { details: { queued_messages: this.#count }, peer });
  }
}

function packed(message: OutgoingMessage, expiresAt: number): Uint8Array {
  try {
    return packEntry(message, expiresAt);
  } catch (thrown) {
    throw toRnpError(thrown);
  }
}

/** As many as may wait in memory: all of the outbox is there too. */
const COUNT_MAX = 65_536;
