import { mkdir, open } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import type { StoreIdentity } from "../../core/delivery/keeping/store.js";
import { holdExclusively } from "./exclusive.js";
import { type Database, openDatabase } from "./lmdb-file.js";
import { identify } from "./store-identity.js";
import { verify } from "./verify.js";

/** A store's folder, held by this process. */
export interface StoreFolder {
  /** What the texts of errors call it. */
  readonly path: string;
  readonly identity: StoreIdentity;
  readonly database: Database;
  close(): Promise<void>;
}

/** Takes a folder, making it where there is none, and reads all that is in it once. */
export async function openStoreFolder(path: string): Promise<StoreFolder> {
  await makeFolder(resolve(path));
  const release = await holdExclusively(path, openDatabase(join(path, "owner.mdb")));
  try {
    const { identity, database } = await openStoreFile(path);
    const close = async () => {
      await database.close();
      await release();
    };
    return { path, identity, database, close };
  } catch (thrown) {
    await release();
    throw thrown;
  }
}

async function openStoreFile(path: string): Promise<Pick<StoreFolder, "identity" | "database">> {
  const file = join(path, "store.mdb");
  await verify(file, path);
  const database = openDatabase(file);
  try {
    const identity = await identify(database, path);
    // The file's own name has to be on the disk as well.
    await syncFolder(path);
    return { identity, database };
  } catch (thrown) {
    await database.close();
    throw thrown;
  }
}

/** Makes a folder and those above it that are missing, so that all of them outlive a crash. */
async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) {
    await syncFolder(dirname(made));
  }
}

async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders, and keeps names with the file itself.
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}
