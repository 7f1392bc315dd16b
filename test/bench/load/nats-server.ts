import { type ChildProcess, execFile, spawn } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";

/*
 * A nats-server with JetStream, of whatever version is on the PATH. It is a child of the process that runs these
 * functions, and ends with it.
 */

const PROGRAM = "nats-server";

/** How often JetStream syncs its files: as its version has it, or before each acknowledgement. */
export type NatsSync = "default" | "always";

/** Its version; `undefined` where it is not installed. */
export async function natsVersion(): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)(PROGRAM, ["--version"]);
    return /\d\S*/.exec(stdout)?.[0];
  } catch {
    return undefined;
  }
}

/** Whether it can be told to sync before it acknowledges; early versions cannot. */
export async function canSyncAlways(folder: string): Promise<boolean> {
  const config = await writeConfig(folder, "always");
  return promisify(execFile)(PROGRAM, ["-t", "-c", config]).then(
    () => true,
    () => false,
  );
}

/** Starts one that listens on a port of the system's, without TLS; gives its address. */
export async function serveNats(folder: string, sync: NatsSync): Promise<string> {
  const child = spawn(PROGRAM, ["-c", await writeConfig(folder, sync)], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  process.once("exit", () => child.kill("SIGKILL"));
  return addressOf(child);
}

async function writeConfig(folder: string, sync: NatsSync): Promise<string> {
  await mkdir(folder, { recursive: true });
  const path = join(folder, "nats.conf");
  const setting = sync === "always" ? "sync_interval: always" : "";
  const store = JSON.stringify(join(folder, "jetstream"));
  await writeFile(path, `listen: "127.0.0.1:-1"\njetstream { store_dir: ${store}\n${setting} }\n`);
  return path;
}

function addressOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    const said: string[] = [];
    // It is read to the end: a server whose pipe is full stands still.
    createInterface(child.stderr!).on("line", (line) => {
      said.push(line);
      const address = /Listening for client connections on (\S+)/.exec(line)?.[1];
      if (address !== undefined) resolve(address);
    });
    child.once("close", () => reject(new Error(`${PROGRAM} ended: ${said.join("\n")}`)));
  });
}
