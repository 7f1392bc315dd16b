import { monitorEventLoopDelay } from "node:perf_hooks";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

/** Processor time that this process has taken so far, in seconds. */
export function cpuSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

/** TCP connections that this process holds. */
export function connectionCount(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length;
}

/** Memory that this process holds once its garbage is gone, in KiB. */
export function memoryKb(): number {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  // What only finalizers let go goes with the second.
  collect();
  collect();
  return process.memoryUsage.rss() / 1024;
}

const WATCH_INTERVAL_MS = 5;
const delay = monitorEventLoopDelay({ resolution: WATCH_INTERVAL_MS });

/** Begins to watch how late timers are. */
export function watchEventLoop(): void {
  delay.reset();
  delay.enable();
}

/** How late the latest hundredth of timers was since then, at best, in ms. */
export function eventLoopP99Ms(): number {
  delay.disable();
  // What is recorded is the time from one timer to the next.
  return Math.max(0, delay.percentile(99) / 1e6 - WATCH_INTERVAL_MS);
}
