import { NumberList } from "../number-list.js";
import type { ReceivedRecord } from "../records.js";
import type { ChannelJournal, HandledBatch } from "./journal.js";

/** What has been handled in a durable channel, and how far the store is known to know it. */
export class DurableHandling {
  readonly #journal: ChannelJournal;
  /** On its way to the store; made when there is something. */
  #pending: NumberList | undefined;
  #cum: number;

  /** `cum`: up to where all is settled, as the store has it. */
  constructor(journal: ChannelJournal, cum: number) {
    this.#journal = journal;
    this.#cum = cum;
  }

  /**
   * All up to here is settled, and the store knows it. What the floor has passed is there with the next message that
   * is settled: whoever was told of it before would take a crash in between for a lost store.
   */
  get cum(): number {
    return this.#cum;
  }

  /** Whether a message has been handled, and may still be lost. */
  isPending(seq: number): boolean {
    return this.#pending?.has(seq) === true;
  }

  /** Settles when `record`, which has `seq` as handled, and `batch` are durable. */
  async keep(seq: number, record: ReceivedRecord, batch: HandledBatch | undefined): Promise<void> {
    this.#pending ??= new NumberList();
    this.#pending.add(seq);
    await this.#journal.keep(record, batch);
    this.#pending?.delete(seq);
    if (this.#pending?.isEmpty) this.#pending = undefined;
    this.#cum = Math.max(this.#cum, record.cum);
  }
}
