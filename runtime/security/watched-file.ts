import { type Stats, unwatchFile, watchFile } from "node:fs";

/**
 * Calls `onChange` within half a second of each change of the file at `path`. It looks at the file itself and at
 * nothing else, so that it also sees one that was replaced, a link that was turned to another, and a file of another
 * machine. The process does not stay for it.
 *
 * @returns what ends it
 */
export function watchPath(path: string, onChange: () => void): () => void {
  const listener = (now: Stats, before: Stats) => {
    if (isOther(now, before)) onChange();
  };
  watchFile(path, { interval: INTERVAL_MS, persistent: false }, listener);
  return () => unwatchFile(path, listener);
}

/** Reading a file changes its access time, and that is no news. */
function isOther(now: Stats, before: Stats): boolean {
  return now.ino !== before.ino || now.size !== before.size || now.ctimeMs !== before.ctimeMs;
}

const INTERVAL_MS = 500;

/**
 * Runs `work` when it is called, and never twice at once: what changes while it runs makes it run once more.
 */
export function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let isDue = false;
  const run = async () => {
    do {
      isDue = false;
      await work();
    } while (isDue);
  };
  return () => {
    isDue = true;
    running ??= run().finally(() => {
      running = undefined;
    });
    return running;
  };
}
