import { describe, expect, it } from "vitest";
import { samplePage, sampleText } from "../../../runtime/cli/metrics/view.js";
import type { MetricSample } from "../../../runtime/index.js";

const SAMPLE: MetricSample = {
  timestamp: 1_705_075_200_123,
  cpu: { total_cores: 4, available_cores: 3, percent_used: 25 },
  ram: { total_mb: 16384, available_mb: 8192, percent_used: 50 },
  disk: { total_gb: 1000, available_gb: 750, percent_used: 25 },
  network: { in_mbps: 1.25, out_mbps: 0.5 },
  instances: [
    { instance_id: "idle-1", cpu_percent: 0, ram_mb: 50 },
    { instance_id: "busy-1", cpu_percent: 12.34, ram_mb: 1181.5 },
    { instance_id: "dark-1" },
  ],
};

function pageText(sample: MetricSample, rows = 24): string[] {
  return samplePage("node-1", sample, { columns: 80, rows }).map(({ text }) => text);
}

describe("a sample of a node's load", () => {
  it("is one line in a file", () => {
    expect(sampleText(SAMPLE)).toBe(
      "2024-01-12T16:00:00Z  cpu  25.0 %  ram  50.0 %  disk  25.0 %  " +
        "net 1.3 in, 0.5 out, Mbit/s  3 instances",
    );
    const { network: _, ...unmeasured } = SAMPLE;
    expect(sampleText({ ...unmeasured, instances: [] })).toMatch(/disk {2}25\.0 % {2}0 instances$/);
  });

  it("is a page on a terminal, the busiest instance first", () => {
    expect(pageText(SAMPLE)).toEqual([
      "rnp metrics  node-1  2024-01-12T16:00:00Z  Ctrl-C ends",
      "cpu    25.0 %  of 4 cores",
      "ram    50.0 %  8.0 of 16.0 GiB",
      "disk   25.0 %  250.0 of 1000.0 GiB",
      "net   1.3 in, 0.5 out, Mbit/s",
      "INSTANCE  CPU      RAM",
      "busy-1     12.3 %    1181.5 MiB",
      "idle-1      0.0 %      50.0 MiB",
      "dark-1    -        -",
    ]);
  });

  it("fits the terminal: what has no room is counted", () => {
    const instances = Array.from({ length: 40 }, (_, index) => ({ instance_id: `i-${index}` }));
    const lines = pageText({ ...SAMPLE, instances }, 10);
    expect(lines).toHaveLength(10);
    expect(lines.at(-1)).toBe("… 37 more instances");
  });
});
