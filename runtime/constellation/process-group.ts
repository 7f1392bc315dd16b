import { readdir, readFile } from "node:fs/promises";
import { parseProcessGroup } from "./proc-tables.js";

/**
 * An instance leads a process group of its own, so that what it starts ends with it. These are the verbs
 * on such a group; `leader` is the instance's process id.
 */

/** Sends a signal to the whole group. False when nobody is left in it. */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(process.platform === "win32" ? leader : -leader, signal);
  } catch (error) {
    // EPERM: somebody is left, but no longer ours to signal.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Whether anybody of the group still runs. */
export async function isGroupAlive(leader: number): Promise<boolean> {
  if (!signalGroup(leader, 0)) return false;
  // A zombie still takes signals, and a slow adopter may leave it for seconds.
  return process.platform !== "linux" || (await groupMembers(leader)).length > 0;
}

/** The processes of the group that still run, by what Linux shows under `/proc`. */
export async function groupMembers(leader: number): Promise<number[]> {
  const pids = (await readdir("/proc")).map(Number).filter((pid) => pid > 0);
  const groups = await Promise.all(pids.map(groupOf));
  return pids.filter((_, index) => groups[index] === leader);
}

async function groupOf(pid: number): Promise<number | undefined> {
  try {
    return parseProcessGroup(await readFile(`/proc/${pid}/stat`, "utf8"));
  } catch {
    // It ended since the listing.
    return undefined;
  }
}
