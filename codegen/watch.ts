import { watch } from "node:fs/promises";

/** Editors write a file in several steps; this long after the last of them it is whole. */
const QUIET_MS = 50;

/** Calls `onChange` after each change of a JSON file in `folder`, one call at a time. */
export async function watchFolder(folder: string, onChange: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  let last = Promise.resolve();
  for await (const { filename } of watch(folder, { recursive: true })) {
    if (filename?.endsWith(".json") !== true) continue;
    clearTimeout(timer);
    timer = setTimeout(() => {
      last = last.then(onChange);
    }, QUIET_MS);
  }
}
