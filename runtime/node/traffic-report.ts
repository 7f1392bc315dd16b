import type { TrafficMeter } from "../core/traffic-meter.js";

/** How much of one message type a node has sent and received, and how fast. */
export interface TypeReport {
  readonly sent: number;
  readonly received: number;
  /**
   * In ms: the round trip of requests and acknowledged messages; for others the age on arrival, which has
   * the resolution of the timestamp, one millisecond. `undefined` before the first.
   */
  readonly p50Ms: number | undefined;
  readonly p99Ms: number | undefined;
  /** The distribution behind them, for `LatencyHistogram.add`. */
  readonly latency: readonly (readonly [index: number, count: number])[];
}

export function trafficReport(meter: TrafficMeter): Record<string, TypeReport> {
  const report: Record<string, TypeReport> = {};
  for (const [type, { sent, received, latency }] of meter.entries()) {
    report[type] = {
      sent,
      received,
      p50Ms: latency.quantileMs(0.5),
      p99Ms: latency.quantileMs(0.99),
      latency: latency.toJSON(),
    };
  }
  return report;
}
