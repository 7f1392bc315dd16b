import { BulkPairs, type Transfer } from "../load/bulk-pairs.js";
import { Identities } from "../load/identities.js";
import { interleave } from "../load/rounds.js";
import { machine } from "../machine.js";
import { median, medianRatio, rounded } from "../statistics.js";
import type { Report, Suite } from "../suite.js";
import { table } from "../table.js";

/** Less than a minute. */
const ROUNDS = { roundCount: 9, warmUpCount: 2 };

/**
 * Chunks of 1 MiB that nothing compresses, sent with `fs.replicate` and acknowledged, beside bare TLS that
 * carries the same bytes on as many connections. The sender has the checksums already, as whoever stores
 * files does; the receiver compares them or does not.
 */
export const bulk: Suite = {
  name: "bulk",
  description: "bytes a second of large chunks, beside raw TLS",
  run: runBulk,
};

async function runBulk(): Promise<Report> {
  using identities = await Identities.create();
  await using pairs = new BulkPairs();
  const connections = await pairs.connect(identities);
  const measures = {
    rnp: () => pairs.rnp(),
    verified: () => pairs.verified(),
    raw: () => pairs.raw(),
  };
  const { rnp, verified, raw } = await interleave(measures, ROUNDS);
  const figures = {
    vs_raw_tls: rounded(medianRatio(speedsOf(rnp), speedsOf(raw))),
    vs_raw_tls_verified: rounded(medianRatio(speedsOf(verified), speedsOf(raw))),
    gb_per_s: rounded(median(speedsOf(rnp))),
    verified_gb_per_s: rounded(median(speedsOf(verified))),
    raw_tls_gb_per_s: rounded(median(speedsOf(raw))),
    connections,
  };
  const rows = Object.entries(figures).map(([name, value]) => [name, String(value)]);
  return {
    result: { ...figures, machine: machine(), rounds: ROUNDS },
    text: table(["bulk", ""], rows),
  };
}

function speedsOf(transfers: readonly Transfer[]): number[] {
  return transfers.map(({ gigabytesPerSecond }) => gigabytesPerSecond);
}
