import { readdir, readFile, readlink } from "node:fs/promises";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { type Listener, parseListeners } from "./proc-tables.js";
import { groupMembers } from "./process-group.js";

/**
 * Waits until the process group of `leader` accepts connections on `port` (0: on any) and gives the
 * address, as seen on this machine. Ends early only through `signal`.
 *
 * On Linux the answer is certain: the socket must belong to the group, so a stranger on the same port does
 * not count. Elsewhere a connection is tried, which cannot tell the two apart.
 */
export async function waitForListener(
  leader: number,
  port: number,
  signal: AbortSignal,
): Promise<string> {
  for (let waitMs = POLL_MS_MIN; ; waitMs = Math.min(POLL_MS_MAX, waitMs * 1.5)) {
    const address = await findListener(leader, port);
    if (address !== undefined) return address;
    await sleep(waitMs, undefined, { signal });
  }
}

async function findListener(leader: number, port: number): Promise<string | undefined> {
  const tables = await Promise.all(["tcp", "tcp6"].map((name) => readTable(leader, name)));
  const isShown = tables.some((table) => table !== undefined);
  if (!isShown) return port > 0 ? tryConnection(port) : undefined;
  const listeners = tables
    .flatMap((table) => parseListeners(table ?? ""))
    .filter((listener) => port === 0 || listener.port === port);
  return listeners.length === 0 ? undefined : ownedBy(leader, listeners);
}

/** Looking through the group's open files costs more than reading the tables, so it comes last. */
async function ownedBy(leader: number, listeners: Listener[]): Promise<string | undefined> {
  for (const pid of await groupMembers(leader)) {
    const inodes = await socketInodes(pid);
    const own = listeners.find(({ inode }) => inodes.has(inode));
    if (own !== undefined) return own.address;
  }
  return undefined;
}

async function socketInodes(pid: number): Promise<Set<string>> {
  const folder = `/proc/${pid}/fd`;
  const names = await readdir(folder).catch(() => []);
  const links = await Promise.all(
    names.map((name) => readlink(`${folder}/${name}`).catch(() => "")),
  );
  return new Set(links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []));
}

/** `undefined` where the system has no such table, or the process is gone. */
function readTable(pid: number, name: string): Promise<string | undefined> {
  return readFile(`/proc/${pid}/net/${name}`, "utf8").catch(() => undefined);
}

function tryConnection(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port });
    const settle = (address: string | undefined): void => {
      socket.destroy();
      resolve(address);
    };
    socket.setTimeout(POLL_MS_MAX * 10, () => settle(undefined));
    socket.once("connect", () => settle(`127.0.0.1:${port}`));
    socket.on("error", () => settle(undefined));
  });
}

const POLL_MS_MIN = 5;
const POLL_MS_MAX = 50;
