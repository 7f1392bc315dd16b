import type { HandledBatch } from "../core/delivery/keeping/journal.js";
import type { KeptSend } from "../core/delivery/keeping/kept-send.js";
import type { DeliveryStore } from "../core/delivery/keeping/store.js";
import { RnpError, toRnpError } from "../core/error.js";
import type { PlannedSend } from "./planned-send.js";
import { runTransaction, type Transaction } from "./transaction.js";

/** What came of the function of a transaction, and when that is durable. */
export interface RunTransaction<Result> {
  readonly result: Result;
  /** Rejects where nobody knows what is durable. Whoever does not wait for it need not handle it. */
  readonly durable: Promise<void>;
}

/** Runs transactions on the store of a node: what they write, and what they send, is committed together. */
export class Transactions {
  readonly store: DeliveryStore;
  readonly #keep: (send: PlannedSend) => KeptSend;

  /** `keep` gives a message its place in the outbox. */
  constructor(store: DeliveryStore, keep: (send: PlannedSend) => KeptSend) {
    this.store = store;
    this.#keep = keep;
  }

  /**
   * Runs `work`, and hands what it does to `commit` in the same turn.
   *
   * @throws what `work` throws, without an effect; RnpError `BACKPRESSURE` where too much waits in the outbox; what
   *   `commit` throws
   */
  run<Result>(
    work: (transaction: Transaction) => Result,
    commit: (batch: HandledBatch) => Promise<void>,
  ): RunTransaction<Result> {
    const { result, effects, sends } = runTransaction(this.store.latest, work);
    const kept = this.#keepAll(sends);
    const outbox = kept.flatMap(({ batch }) => batch.outbox ?? []);
    const sending = kept.flatMap(({ batch }) => batch.sending ?? []);
    const durable = written(kept, () => commit({ effects, outbox, sending }));
    durable.catch(() => {});
    return { result, durable };
  }

  /** All or none. */
  #keepAll(sends: readonly PlannedSend[]): KeptSend[] {
    const kept: KeptSend[] = [];
    try {
      for (const send of sends) kept.push(this.#keep(send));
      return kept;
    } catch (thrown) {
      for (const each of kept) each.fail(toRnpError(thrown));
      throw thrown;
    }
  }
}

/** Sends what `write` has made durable; where it throws or rejects, that fails, and whoever waits hears why. */
function written(kept: readonly KeptSend[], write: () => Promise<void>): Promise<void> {
  const failed = (thrown: unknown): RnpError => {
    const error = toRnpError(thrown);
    for (const each of kept) each.fail(error);
    return error;
  };
  try {
    return write().then(
      () => kept.forEach((each) => void each.dispatch()),
      (thrown) => {
        throw failed(thrown);
      },
    );
  } catch (thrown) {
    throw failed(thrown);
  }
}

export function noStore(): RnpError {
  return new RnpError(
    "UNSUPPORTED",
    "this node has no store; give `createNode` the option `store`",
  );
}
