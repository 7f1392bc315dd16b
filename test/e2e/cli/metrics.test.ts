import { describe, expect, it } from "vitest";
import { testCertificateFiles } from "../../support/certificates.js";
import { jsonLines, startRnp, until } from "../../support/cli.js";
import { startNode } from "../../support/cluster.js";

const SAMPLE = {
  timestamp: 1_705_075_200_123,
  cpu: { total_cores: 4, available_cores: 3, percent_used: 25 },
  ram: { total_mb: 16384, available_mb: 8192, percent_used: 50 },
  disk: { total_gb: 1000, available_gb: 750, percent_used: 25 },
  instances: [],
};

describe("rnp metrics", () => {
  it("shows a sample at each interval until Ctrl-C", async () => {
    const node = await startNode("node-1");
    const asked: unknown[] = [];
    node.handle("metric.subscribe", async function* (query, { signal }) {
      asked.push(query);
      yield SAMPLE;
      yield SAMPLE;
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    });
    const { cert, key, ca } = await testCertificateFiles({ id: "operator", role: "node" });
    const options = { env: { RNP_CERT: cert, RNP_KEY: key, RNP_CA: ca } };
    const text = startRnp(["metrics", node.address!, "--interval", "500"], options);
    const json = startRnp(["metrics", node.address!, "--json"], options);
    await until(() => [text, json].every(({ stdout }) => stdout.split("\n").length === 3));
    for (const each of [text, json]) each.signal("SIGINT");
    expect((await json.ended).status).toBe(0);
    expect(jsonLines(json.stdout)).toEqual([SAMPLE, SAMPLE]);
    expect((await text.ended).status).toBe(0);
    expect(text.stdout).toMatch(/^2024-01-12T16:00:00Z {2}cpu {2}25\.0 % .* 0 instances\n/);
    expect(asked).toHaveLength(2);
    expect(asked).toContainEqual({ interval_ms: 500 });
    expect(asked).toContainEqual({ interval_ms: 1000 });
  });
});
