import { LmdbStore } from "../../../runtime/net/stores/lmdb-store.js";
import { type StoreReader, storeReader } from "../../../runtime/node/transaction.js";
import type { Outcome } from "./faults.js";
import type { Role } from "./life.js";
import { ACCEPTED, DISORDER, runsOf } from "./orders.js";

/** Reads what the stores of a sender and a receiver hold, which are both gone. */
export async function readOutcome(stores: Readonly<Record<Role, string>>): Promise<Outcome> {
  const accepted = await read(stores.sender, (reader) => numbersIn(reader, ACCEPTED));
  return read(stores.receiver, (reader) => ({
    accepted: new Set(accepted.keys()),
    onceRuns: numbersIn(reader, runsOf("once")),
    outboxRuns: numbersIn(reader, runsOf("outbox")),
    disordered: [...numbersIn(reader, DISORDER).keys()],
  }));
}

async function read<Result>(
  folder: string,
  look: (reader: StoreReader) => Result,
): Promise<Result> {
  const store = await LmdbStore.open(folder);
  try {
    return look(storeReader(store.durable));
  } finally {
    await store.close();
  }
}

/** What is kept under a prefix and a number, by number. */
function numbersIn(reader: StoreReader, prefix: string): Map<number, number> {
  return new Map(
    reader
      .range({ prefix })
      .map(([key, value]) => [Number(key.slice(prefix.length)), Number(value)]),
  );
}
