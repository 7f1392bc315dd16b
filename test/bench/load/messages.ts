import type {
  GossipHeartbeat,
  InstanceStopped,
  Ping,
  ResourceStatus,
} from "../../../runtime/index.js";

/** A heartbeat as nodes send it. */
export function heartbeatOf(sequence: number): GossipHeartbeat {
  return { sequence, cpu_percent: 45.2, ram_used_mb: 2048, instances: 12 };
}

/** A ping as nodes send it. */
export function pingNow(): Ping {
  return { timestamp: Date.now() };
}

/** A message that is acknowledged, as agents send it; ten thousand of them are about different instances. */
export function instanceStopped(number: number): InstanceStopped {
  const instance_id = `inst-${number % 10_000}`;
  return { instance_id, exit_code: 0, reason: "terminated", runtime_seconds: 3600 };
}

/** A report of resources as nodes send it. */
export const RESOURCE_STATUS: ResourceStatus = {
  cpu: { total_cores: 16, available_cores: 8.5, percent_used: 46.875 },
  ram: { total_mb: 32768, available_mb: 16384, percent_used: 50 },
  disk: { total_gb: 1000, available_gb: 750, percent_used: 25 },
  network: { in_mbps: 125.5, out_mbps: 89.3 },
};

/** A script that the agent of the suite `latency` has. */
export const INSTANCE_SCRIPT = "idle.sh";
