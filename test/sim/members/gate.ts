import { loadavg } from "node:os";
import { MapRows } from "../../../runtime/core/membership/rows.js";
import { Cluster, namesOf } from "./cluster.js";
import { StubCore } from "./stub/stub-core.js";

/*
 * Usage: node dist/test/sim/members/gate.js [NODES] [SECONDS]
 * How many events of a world of members one core does in a second, with a membership that hardly thinks: what is
 * measured is the world.
 */

const [nodes = 1000, seconds = 60] = process.argv.slice(2).map(Number);
const NEIGHBOUR_COUNT = 8;

const names = namesOf(nodes);
const rows = new MapRows();
const cluster = new Cluster({
  seed: 1,
  names,
  make: ({ machine: { node } }) => {
    const phaseMs = cluster.engine.dice.float() * 250;
    return new StubCore({
      rows,
      neighbours: neighboursOf(node),
      heartbeatIntervalMs: 1000,
      phaseMs,
    });
  },
});

/** Half of them in each direction of a ring with leaps, so that each connection is dialled by one end. */
function neighboursOf(node: number): string[] {
  const leaps = [1, 7, 61, 331].map((leap) => leap % nodes);
  return leaps
    .flatMap((leap) => [names[(node + leap) % nodes]!, names[(node - leap + nodes) % nodes]!])
    .slice(0, NEIGHBOUR_COUNT);
}

cluster.startAll();
for (const { node } of cluster.machines) {
  const { lines } = cluster.shell(node);
  for (const name of neighboursOf(node)) {
    lines.locate(name, cluster.machine(names.indexOf(name)).address);
  }
}
// The dials are done, and what runs often is compiled.
cluster.engine.run(5000);
const before = cluster.engine.eventCount;
const startedAt = performance.now();
const cpuBefore = process.cpuUsage();
cluster.engine.run(5000 + seconds * 1000);
const { user, system } = process.cpuUsage(cpuBefore);
const cpuSeconds = (user + system) / 1e6;
const wallSeconds = (performance.now() - startedAt) / 1000;
const count = cluster.engine.eventCount - before;
const each = (count / nodes / seconds).toFixed(1);
const memory = (process.memoryUsage().rss / 2 ** 20).toFixed(0);
console.log(`${nodes} nodes, ${seconds} s: ${count} events, ${each} for each node and second`);
console.log(
  `${(count / cpuSeconds / 1e6).toFixed(2)} M/s of processor time (${cpuSeconds.toFixed(2)} s)`,
);
console.log(
  `${(count / wallSeconds / 1e6).toFixed(2)} M/s on the clock (${wallSeconds.toFixed(2)} s)`,
);
console.log(
  `${memory} MiB, load ${loadavg()[0]!.toFixed(1)}, trace ${cluster.engine.hash.digest()}`,
);
