import { writeSync } from "node:fs";

/**
 * Tells the test something, in a line. It goes straight to the pipe: what has been said is heard, also when the
 * process is killed right behind it.
 */
export function say(...words: readonly (string | number)[]): void {
  writeSync(1, `${words.join(" ")}\n`);
}
