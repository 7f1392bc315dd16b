import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";

/** Whether a program is installed; tests that need one which is not are skipped. */
export function hasTool(name: string): boolean {
  return spawnSync("sh", ["-c", `command -v ${name}`]).status === 0;
}

/** What a program said, on either of its outputs, and its exit status. */
export interface ToolResult {
  readonly text: string;
  readonly status: number | null;
}

/** Runs a program to its end; its standard input is `input`. */
export async function runTool(
  name: string,
  words: readonly string[],
  input = "",
): Promise<ToolResult> {
  const child = spawn(name, words);
  const ended = once(child, "close");
  child.stdin.on("error", () => {}); // It may end before it has read everything.
  child.stdin.end(input);
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr)]);
  const [status] = (await ended) as [number | null];
  return { text: `${out}${error}`, status };
}

export function openssl(words: readonly string[], input?: string): Promise<ToolResult> {
  return runTool("openssl", words, input);
}
