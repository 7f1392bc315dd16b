import type { RootDatabase } from "lmdb";
import { RnpError } from "../../core/error.js";

/**
 * Holds a folder for one store. The lock is a reader that never ends, in a database of its own which nobody
 * writes: the system gives it up when the process ends, however it ends, and it is seen by processes in other
 * containers too. A file with a process id in it would be neither.
 *
 * Whoever wants the folder enters first and looks afterwards who else is there. So of two that start at the
 * same time at most one gets it.
 *
 * @returns what gives the folder free
 * @throws RnpError `CONFLICT` where it is taken
 */
export async function holdExclusively(
  folder: string,
  database: RootDatabase<Buffer, Buffer>,
): Promise<() => Promise<void>> {
  const reader = database.useReadTransaction();
  const release = async () => {
    reader.done();
    await database.close();
  };
  database.readerCheck();
  const readers = pidsOf(database.readerList());
  if (readers.length === 1) return release;
  await release();
  const others = readers.filter((pid) => pid !== process.pid);
  throw inUse(folder, others[0] ?? process.pid);
}

/** One row for each reader, after a row of headings. */
function pidsOf(list: string): number[] {
  const rows = list.matchAll(/^\s*(\d+)\s/gm);
  return Array.from(rows, ([, pid]) => Number(pid));
}

function inUse(folder: string, pid: number): RnpError {
  const user = pid === process.pid ? "this process has it open already" : `process ${pid} has it`;
  return new RnpError(
    "CONFLICT",
    `the store in ${folder} is in use: ${user}; a store serves one node`,
    { details: { kind: "store", id: folder } },
  );
}
