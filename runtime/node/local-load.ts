import { availableParallelism, freemem, loadavg, totalmem } from "node:os";
import type { LoadReport } from "./options.js";

/** The load of this machine as the system tells it, for nodes that do not report their own. */
export function localLoad(): LoadReport {
  const busyShare = loadavg()[0]! / availableParallelism();
  return {
    cpu_percent: Math.min(100, busyShare * 100),
    ram_used_mb: Math.round((totalmem() - freemem()) / 2 ** 20),
    instances: 0,
  };
}
