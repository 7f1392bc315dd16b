/**
 * Commits numbered records to a store as fast as it takes them, until it is killed or the store fails.
 *
 * Usage: node dist/test/support/store-writer.js FOLDER [COUNT]
 *
 * With COUNT, it commits so many, one after the other, and ends.
 *
 * Prints `acked N` for each number once it is durable. Where a commit fails, prints `failed CODE OUTCOME`, the
 * same of the next one after `then`, and ends.
 */
import { writeSync } from "node:fs";
import { toRnpError } from "../../runtime/core/error.js";
import { LmdbStore } from "../../runtime/net/stores/lmdb-store.js";
import { KEPT_COUNT, lastNumber, numbered, PLACE } from "./numbered-records.js";

/** Commits at once: enough that groups of many come about. */
const WINDOW = 64;

const store = await LmdbStore.open(process.argv[2]!);
let next = (await lastNumber(store)) + 1;

// Straight to the pipe: what has been printed is there whenever the process is killed.
function print(line: string): void {
  writeSync(1, `${line}\n`);
}

async function commitNext(): Promise<void> {
  const number = next++;
  const settled = number > KEPT_COUNT ? [{ ...PLACE, number: number - KEPT_COUNT }] : [];
  await store.commit({ ...numbered(number), settled });
  print(`acked ${number}`);
}

async function commitForEver(): Promise<never> {
  for (;;) await commitNext();
}

async function describeFailure(word: string, attempt: Promise<void>): Promise<void> {
  await attempt.catch((thrown: unknown) => {
    const { code, outcome } = toRnpError(thrown);
    print(`${word} ${code} ${outcome}`);
  });
}

const count = Number(process.argv[3] ?? 0);
if (count > 0) {
  for (let done = 0; done < count; done++) await commitNext();
} else {
  await describeFailure("failed", Promise.race(Array.from({ length: WINDOW }, commitForEver)));
  await describeFailure("then", commitNext());
}
await store.close();
