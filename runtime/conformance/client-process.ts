import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import type { MakeClient } from "./drive-client.js";
import { Failed } from "./verdict.js";

/** How long a client may go on when its connection is over. */
const END_PATIENCE_MS = 10_000;

/**
 * Clients that are processes: `command`, a line for the shell, is started for each case with the address to dial and
 * with what to do there. Its first line on standard output is what its application was told.
 */
export function clientProcesses(command: string): MakeClient {
  return (address, { asks = "nothing" }) => {
    const parameters = ["-c", `${command} "$@"`, "sh", address, asks];
    // In a group of its own, so that it can be ended with all that it has started.
    const child = spawn("sh", parameters, { stdio: ["ignore", "pipe", "inherit"], detached: true });
    const ended = once(child, "close");
    ended.catch(() => {}); // It is awaited in `end`.
    return { told: firstLine(child), end: () => end(child, ended) };
  };
}

async function firstLine(child: ChildProcess): Promise<string> {
  let text = "";
  for await (const chunk of child.stdout!.setEncoding("utf8")) {
    text += chunk;
    const size = text.indexOf("\n");
    if (size >= 0) return text.slice(0, size).trim();
  }
  throw new Failed("the client ended without a word of what its application was told");
}

async function end(child: ChildProcess, ended: Promise<unknown>): Promise<void> {
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    process.kill(-child.pid!, "SIGKILL");
  }, END_PATIENCE_MS);
  child.stdout!.resume();
  await ended.finally(() => clearTimeout(timer));
  if (isLate) throw new Failed("the client did not end with its connection");
}
