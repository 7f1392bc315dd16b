import type { DeliveryStore } from "../../core/delivery/keeping/store.js";
import { isRnpError, RnpError } from "../../core/error.js";

/**
 * Opens the store in a folder, making it where there is none; see `LmdbStore.open`. What it is made of is
 * loaded only now: a program without a store does not pay for it.
 *
 * @throws RnpError `CONFLICT` where a process has it open; `VERSION_MISMATCH` where a later version of this
 *   package wrote it; `UNSUPPORTED` where LMDB does not run on this machine; `INTERNAL_ERROR` where it is
 *   damaged or the system refuses
 */
export async function openStore(folder: string): Promise<DeliveryStore> {
  const { LmdbStore } = await import("./lmdb-store.js").catch((cause: unknown) => {
    const why = "LMDB, which stores are made of, cannot be loaded on this machine";
    throw new RnpError("UNSUPPORTED", `${why}: ${messageOf(cause)}`, { cause });
  });
  return LmdbStore.open(folder).catch((cause: unknown) => {
    if (isRnpError(cause)) throw cause;
    const why = `the store in ${folder} cannot be opened: ${messageOf(cause)}`;
    throw new RnpError("INTERNAL_ERROR", why, { cause });
  });
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
