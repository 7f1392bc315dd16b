import { setTimeout as sleep } from "node:timers/promises";
import { BulkPairs, type Transfer } from "../load/bulk-pairs.js";
import { Child } from "../load/child.js";
import { Identities } from "../load/identities.js";
import { untilDialled } from "../load/progress.js";
import { interleave } from "../load/rounds.js";
import { machine } from "../machine.js";
import { median, medianRatio, rounded } from "../statistics.js";
import type { Report, Suite } from "../suite.js";
import { table } from "../table.js";

type Vitals = typeof import("../load/vitals.js");
type CrowdServer = typeof import("../load/crowd-server.js") & Vitals;
type CrowdClient = typeof import("../load/crowd-client.js");

const ROUNDS = { roundCount: 7, warmUpCount: 2 };
const MEMBER_COUNT = 1000;
/** Three times the heartbeats of all members, and their announcements once. */
const IDLE_MS = 30_000;
/** For what follows the members' arrival to be over. */
const CALM_MS = 3000;

/**
 * Processor time: of both processes for bulk data beside what bare TLS takes for the same bytes, and of one
 * node that has nothing to do but to hear 1,000 members and to tell each of them that it is alive, at the
 * pace of the specification.
 */
export const overhead: Suite = {
  name: "overhead",
  description:
    "processor time for bulk data, beside raw TLS, and for the heartbeats of 1,000 members",
  run: runOverhead,
};

async function runOverhead(): Promise<Report> {
  using identities = await Identities.create();
  const figures = { ...(await bulkFigures(identities)), ...(await idleFigures(identities)) };
  const rows = Object.entries(figures).map(([name, value]) => [name, String(value)]);
  return {
    result: { ...figures, machine: machine(), rounds: ROUNDS },
    text: table(["overhead", ""], rows),
  };
}

async function bulkFigures(identities: Identities) {
  await using pairs = new BulkPairs();
  const connections = await pairs.connect(identities);
  const measures = { rnp: () => pairs.rnp(), raw: () => pairs.raw() };
  const { rnp, raw } = await interleave(measures, ROUNDS);
  return {
    bulk_cpu_vs_raw_tls: rounded(medianRatio(cpuOf(rnp), cpuOf(raw))),
    bulk_cpu_s_per_gb: rounded(median(cpuOf(rnp))),
    raw_tls_cpu_s_per_gb: rounded(median(cpuOf(raw))),
    bulk_connections: connections,
  };
}

function cpuOf(transfers: readonly Transfer[]): number[] {
  return transfers.map(({ cpuSecondsPerGigabyte }) => cpuSecondsPerGigabyte);
}

async function idleFigures(identities: Identities) {
  await using server = new Child<CrowdServer>("crowd-server", "vitals");
  await using client = new Child<CrowdClient>("crowd-client");
  const address = await server.call("serveCrowd", await identities.of("node"));
  const members = await identities.members(MEMBER_COUNT);
  await client.call("startCrowd", { identities: members, connectionCount: 1, address });
  await untilDialled(client, MEMBER_COUNT);
  await sleep(CALM_MS);

  const before = { ...(await server.call("heartbeats")), cpu: await server.call("cpuSeconds") };
  await sleep(IDLE_MS);
  const after = { ...(await server.call("heartbeats")), cpu: await server.call("cpuSeconds") };
  const perSecond = (total: number) => rounded((total * 1000) / IDLE_MS);
  return {
    idle_cpu_percent: perSecond(100 * (after.cpu - before.cpu)),
    idle_heartbeats_in_per_s: perSecond(after.received - before.received),
    idle_heartbeats_out_per_s: perSecond(after.sent - before.sent),
    idle_connections: await server.call("connectionCount"),
    idle_members: (await server.call("aliveCount")) - 1,
    idle_false_suspects: await server.call("suspicions"),
  };
}
