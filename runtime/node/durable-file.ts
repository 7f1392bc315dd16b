import { mkdir, open, rename } from "node:fs/promises";
import { dirname } from "node:path";

/** The disk did not confirm a write. What it holds is not known any more, not even on a second try. */
export class DurabilityError extends Error {
  override readonly name = "DurabilityError";
}

/** Writes a file so that after a crash it is there whole or not at all. */
export async function writeDurably(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = `${path}.tmp`;
  const file = await open(temporary, "w", 0o600);
  try {
    await file.writeFile(bytes);
    await sync(file);
  } finally {
    await file.close();
  }
  await moveDurably(temporary, path);
}

/** Renames a file that is on disk already, so that the new name is on disk as well. */
export async function moveDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await syncFolder(dirname(to));
}

/** Makes a folder and those above it that are missing, so that all of them outlive a crash. */
export async function makeFolderDurably(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let made = path; made.length >= first.length; made = dirname(made)) {
    await syncFolder(dirname(made));
  }
}

/** A name is on disk only when its folder is. */
export async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders, and keeps names with the file itself.
  if (process.platform === "win32") return;
  const folder = await open(path, "r");
  try {
    await sync(folder);
  } finally {
    await folder.close();
  }
}

/** `fsync`. A failure loses data silently if it is tried again, so it gets an error of its own. */
export async function sync(file: { sync(): Promise<void> }): Promise<void> {
  try {
    await file.sync();
  } catch (cause) {
    throw new DurabilityError("fsync failed", { cause });
  }
}
