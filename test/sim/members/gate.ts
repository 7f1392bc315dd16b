import { loadavg } from "node:os";
import { MapRows } from "../../../runtime/core/membership/rows.js";
import { Cluster, namesOf } from "./cluster.js";
import { StubCore } from "./stub/stub-core.js";

/*
 * Usage: node dist/test/sim/members/gate.js [NODES] [SECONDS]
 * How many events of a world of members one core does in a second, with a membership that hardly thinks: what is
 * measured is the world.
 */

const [nodeCount = 1000, seconds = 60] = process.argv.slice(2).map(Number);

/** From each node to those that it dials; as many dial it. */
const LEAPS = [1, 7, 61, 331];
/** By when all dials are done, and what runs often is compiled. */
const WARM_MS = 5000;

const names = namesOf(nodeCount);
const rows = new MapRows();
const cluster: Cluster = new Cluster({
  seed: 1,
  names,
  make: ({ machine }) => coreOf(machine.node),
});

function coreOf(node: number): StubCore {
  const { dice } = cluster.engine;
  const ahead = LEAPS.map((leap) => cluster.machine((node + leap) % nodeCount));
  const behind = LEAPS.map((leap) =>
    cluster.machine((node + nodeCount - (leap % nodeCount)) % nodeCount),
  );
  return new StubCore({
    rows,
    neighbours: [...ahead, ...behind].map(({ name }) => name),
    kept: ahead.map(({ name }) => name),
    addresses: new Map(ahead.map(({ name, address }) => [name, address])),
    heartbeatIntervalMs: 1000,
    phaseMs: 100 + dice.float() * 250,
  });
}

cluster.startAll();
cluster.engine.run(WARM_MS);
const before = cluster.engine.eventCount;
const startedAt = performance.now();
const cpuBefore = process.cpuUsage();
cluster.engine.run(WARM_MS + seconds * 1000);
const { user, system } = process.cpuUsage(cpuBefore);
const cpuSeconds = (user + system) / 1e6;
const wallSeconds = (performance.now() - startedAt) / 1000;
const count = cluster.engine.eventCount - before;
const each = (count / nodeCount / seconds).toFixed(1);
const memory = (process.memoryUsage().rss / 2 ** 20).toFixed(0);
console.log(`${nodeCount} nodes, ${seconds} s: ${count} events, ${each} for each node and second`);
console.log(
  `${(count / cpuSeconds / 1e6).toFixed(2)} M/s of processor time (${cpuSeconds.toFixed(2)} s)`,
);
console.log(
  `${(count / wallSeconds / 1e6).toFixed(2)} M/s on the clock (${wallSeconds.toFixed(2)} s)`,
);
console.log(
  `${memory} MiB, load ${loadavg()[0]!.toFixed(1)}, trace ${cluster.engine.hash.digest()}`,
);
