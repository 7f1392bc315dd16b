/** The name under which the demonstration's service is registered. */
export const SERVICE_NAME = "clock";

/** What the service answers. */
export interface Said {
  readonly instance: string;
  readonly pid: number;
  /** How often it was called in all its lives, this time included. */
  readonly calls: number;
}

/** What the service prints when it was called so many times. */
export function lineOfCall(calls: number): string {
  return `answered call ${calls}`;
}

/** The file name of the script in the script folder. */
export const SCRIPT_NAME = "clock.mjs";

/**
 * The program that instances of `rnp up` run: an HTTP service that tells the time. It counts its calls in a
 * file, which goes along when it moves. It is written into the script folder when the constellation starts,
 * so that it is there wherever `rnp` was installed.
 */
export const SCRIPT = `// The service of \`rnp up\`: tells the time over HTTP.
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";

const { PORT, INSTANCE_ID } = process.env;
const server = createServer((request, response) => {
  if (request.url === "/health") return response.end("well\\n");
  // In a file, so that the count goes on when the instance is moved to another node.
  const calls = callsBefore() + 1;
  writeFileSync("calls", String(calls));
  console.log("answered call %d", calls);
  const { pid } = process;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ instance: INSTANCE_ID, pid, calls, time: new Date().toISOString() }));
});
server.listen(Number(PORT), "127.0.0.1", () => console.log("ready"));

function callsBefore() {
  try {
    return Number(readFileSync("calls", "utf8"));
  } catch {
    return 0;
  }
}

process.on("SIGTERM", () => process.exit(0));

// Were its agent killed, nobody would be left to stop it.
const agent = process.ppid;
setInterval(() => {
  if (process.ppid !== agent) process.exit(1);
}, 500).unref();
`;
