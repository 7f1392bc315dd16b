import { readdir, readFile } from "node:fs/promises";
import { parseProcess, parseResidentMb } from "./proc-tables.js";

/** What the processes of one group use. */
export interface GroupUsage {
  /** Processor time of all of them so far, and of those that they have outlived, in ticks. */
  readonly cpuTicks: number;
  /** The memory they occupy; what they share is counted for each. */
  readonly ramMb: number;
}

/**
 * Looks at the process groups of `leaders`, all in one go through `/proc`. A group of which nobody is left
 * is not in the result, and where there is no `/proc` none is.
 */
export async function groupUsages(
  leaders: ReadonlySet<number>,
): Promise<ReadonlyMap<number, GroupUsage>> {
  const usages = new Map<number, GroupUsage>();
  if (leaders.size === 0) return usages;
  const pids = (await readdir("/proc").catch(() => [])).filter((name) => /^\d+$/.test(name));
  await Promise.all(
    pids.map(async (pid) => {
      const found = parseProcess(await readProcess(pid, "stat"));
      if (found === undefined || !leaders.has(found.group)) return;
      const ramMb = parseResidentMb(await readProcess(pid, "status")) ?? 0;
      const others = usages.get(found.group) ?? { cpuTicks: 0, ramMb: 0 };
      usages.set(found.group, {
        cpuTicks: others.cpuTicks + found.cpuTicks,
        ramMb: others.ramMb + ramMb,
      });
    }),
  );
  return usages;
}

/** Empty for a process that ended since the listing. */
function readProcess(pid: string, table: string): Promise<string> {
  return readFile(`/proc/${pid}/${table}`, "utf8").catch(() => "");
}
