import type { GossipHeartbeat, Ping } from "../../../runtime/index.js";

/** A heartbeat as nodes send it. */
export function heartbeatOf(sequence: number): GossipHeartbeat {
  return { sequence, cpu_percent: 45.2, ram_used_mb: 2048, instances: 12 };
}

/** A ping as nodes send it. */
export function pingNow(): Ping {
  return { timestamp: Date.now() };
}
