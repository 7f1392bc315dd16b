import { endianness } from "node:os";

/**
 * Reads the tables that Linux shows under `/proc`. Text in, facts out; no file is opened here. Each
 * reader gives `undefined` where the text is not what it expects, so that the caller measures otherwise.
 */

/** Processor time since boot, in ticks. */
export interface CpuTimes {
  readonly busy: number;
  readonly total: number;
}

/** The first line of `/proc/stat`. Waiting for a disk counts as idle: the core is free for others. */
export function parseCpuTimes(stat: string): CpuTimes | undefined {
  const fields = /^cpu +([\d ]+)$/m.exec(stat)?.[1]?.trim().split(/ +/).map(Number);
  if (fields === undefined || fields.length < 4) return undefined;
  // user, nice, system, idle, iowait, irq, softirq, steal; guest time is part of user time already.
  const total = fields.slice(0, 8).reduce((sum, ticks) => sum + ticks, 0);
  return { busy: total - fields[3]! - (fields[4] ?? 0), total };
}

/** `MemAvailable` of `/proc/meminfo`, in MiB: what programs can still get without swapping. */
export function parseMemAvailableMb(meminfo: string): number | undefined {
  const kib = /^MemAvailable:\s+(\d+) kB$/m.exec(meminfo)?.[1];
  return kib === undefined ? undefined : Number(kib) / 1024;
}

/** Bytes since boot over all interfaces. */
export interface NetworkBytes {
  readonly received: number;
  readonly sent: number;
}

/** `/proc/net/dev` without the loopback interface, whose traffic never leaves the machine. */
export function parseNetworkBytes(dev: string): NetworkBytes | undefined {
  const rows = [...dev.matchAll(/^\s*([^\s:|]+):\s*(\d[\d ]*)$/gm)];
  if (rows.length === 0) return undefined;
  let received = 0;
  let sent = 0;
  for (const [, name, numbers] of rows) {
    if (name === "lo") continue;
    const fields = numbers!.trim().split(/ +/).map(Number);
    received += fields[0] ?? 0;
    sent += fields[8] ?? 0;
  }
  return { received, sent };
}

/** A socket that accepts connections. */
export interface Listener {
  /** `host:port`, an IPv6 host in brackets. */
  readonly address: string;
  readonly port: number;
  readonly inode: string;
}

/** The listening sockets in `/proc/PID/net/tcp` or `tcp6`. */
export function parseListeners(table: string): Listener[] {
  const listeners: Listener[] = [];
  for (const line of table.split("\n").slice(1)) {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    if (state !== TCP_LISTEN || local === undefined || inode === undefined) continue;
    const [host, port] = local.split(":");
    if (host === undefined || port === undefined) continue;
    const number = Number.parseInt(port, 16);
    listeners.push({ address: `${hostFromHex(host)}:${number}`, port: number, inode });
  }
  return listeners;
}

/**
 * The process group in `/proc/PID/stat`, `undefined` for a zombie: that one has ended, and only waits for
 * whoever adopted it to notice.
 */
export function parseProcessGroup(stat: string): number | undefined {
  const [state, , group] = statFields(stat);
  const isGone = state === "Z" || state === "X" || group === undefined;
  return isGone || !/^\d+$/.test(group) ? undefined : Number(group);
}

/** A process that runs: whose group it is in, and what processor time it has used. */
export interface ProcessTimes {
  readonly group: number;
  /** Its own, and that of children which have ended, in ticks. */
  readonly cpuTicks: number;
}

/** The process in `/proc/PID/stat`; `undefined` for a zombie, whose time is its parent's soon. */
export function parseProcess(stat: string): ProcessTimes | undefined {
  const group = parseProcessGroup(stat);
  // utime, stime, cutime, cstime.
  const times = statFields(stat).slice(11, 15).map(Number);
  if (group === undefined || times.length < 4 || times.some(Number.isNaN)) return undefined;
  return { group, cpuTicks: times.reduce((sum, ticks) => sum + ticks, 0) };
}

/** `VmRSS` of `/proc/PID/status`, in MiB: the memory that the process occupies at the moment. */
export function parseResidentMb(status: string): number | undefined {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
  return kib === undefined ? undefined : Number(kib) / 1024;
}

/** When the process in `/proc/PID/stat` started, in ticks since boot: tells apart processes with one id. */
export function parseStartTime(stat: string): string | undefined {
  return statFields(stat)[19];
}

/** What follows the name, from the state on. The name is in parentheses and may hold any character. */
function statFields(stat: string): string[] {
  return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
}

/** The kernel prints an address as 32-bit words in the byte order of the machine. */
function hostFromHex(hex: string): string {
  const words = (hex.match(/.{8}/g) ?? []).map((word) => Buffer.from(word, "hex"));
  if (endianness() === "LE") for (const word of words) word.reverse();
  const bytes = Buffer.concat(words);
  if (bytes.length === 4) return bytes.join(".");
  const groups = bytes.toString("hex").match(/.{4}/g) ?? [];
  // The URL parser writes an IPv6 host in its shortest form, brackets included.
  return new URL(`http://[${groups.join(":")}]`).hostname;
}

const TCP_LISTEN = "0A";
