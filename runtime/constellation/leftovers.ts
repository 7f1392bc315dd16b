import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../index.js";
import { parseStartTime } from "./proc-tables.js";
import { signalGroup } from "./process-group.js";

/*
 * An agent that was killed could not stop its instances: they go on without anybody who knows of them, and
 * hold their ports. So each is noted in its folder, and the next agent ends what it finds.
 */

/** Notes the process of an instance. The note need not be removed: it means nothing once the process ended. */
export async function noteProcess(folder: string, pid: number): Promise<void> {
  const startTime = await startTimeOf(pid);
  if (startTime === undefined) return;
  await writeFile(join(folder, NOTE), JSON.stringify({ pid, startTime }), { mode: 0o600 });
}

/**
 * Ends the instances that an earlier agent left running. A process counts as one of them only if it has
 * the id and the start time of the note, so nobody else's is touched.
 */
export async function endLeftovers(dataDir: string, logger: Logger): Promise<void> {
  const root = join(dataDir, "instances");
  for (const id of await readdir(root).catch(() => [])) {
    const path = join(root, id, NOTE);
    const text = await readFile(path, "utf8").catch(() => undefined);
    if (text === undefined) continue;
    const { pid, startTime } = readNote(text);
    if (pid !== undefined && startTime !== undefined && (await startTimeOf(pid)) === startTime) {
      logger.warn(
        { instance_id: id, pid },
        "an instance of an earlier agent still ran; it was ended",
      );
      signalGroup(pid, "SIGKILL");
    }
    await rm(path, { force: true });
  }
}

/** A note that was being written at the crash says nothing. */
function readNote(text: string): { pid?: number; startTime?: string } {
  try {
    return JSON.parse(text) as { pid: number; startTime: string };
  } catch {
    return {};
  }
}

/** `undefined` when there is no such process, or the system does not say. */
async function startTimeOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  return stat === undefined ? undefined : parseStartTime(stat);
}

const NOTE = "process.json";
