import { Adversary } from "./adversary.js";
import { checkers, type Problem } from "./check/index.js";
import { Network } from "./net/network.js";
import { SimNode } from "./node/sim-node.js";
import { planOf } from "./plan.js";
import { withoutAmbient } from "./world/ambient.js";
import type { Witness } from "./world/trace.js";
import { World } from "./world/world.js";

/*
 * How it is built, and where more of it goes:
 *
 *   world/    time, chance, events and the trace; `occurrence.ts` has all that a trace can say
 *   net/      connections that are late, stall, break, and the frames on them
 *   disk/     what outlives a process; its store sits on it
 *   node/     one node: its machine, its processes, and the shells around the runtime's core
 *   check/    the rules, each a class that reads the trace; those of delivery in `channels/`
 *   members/  larger worlds, of nodes whose only work is to know each other; see `cluster.ts`
 *   planted/  faults that the rules have to find; each rule has one that breaks it
 *
 * A new part of the core gets a shell in `node/`, occurrences for what can be seen of it, rules, and faults.
 */

/** What came of one seed. */
export interface Verdict {
  /** Of all that happened. The same seed gives the same. */
  readonly hash: string;
  readonly occurrenceCount: number;
  readonly problems: readonly Problem[];
}

/** Lives through the world of one seed. `witnesses` see all that happens in it. */
export function live(seed: number, witnesses: readonly Witness[] = []): Promise<Verdict> {
  return withoutAmbient(async () => {
    const checks = checkers();
    const world = new World(seed, [...witnesses, ...checks]);
    const problems: Problem[] = [];
    try {
      await unfold(world);
    } catch (error) {
      const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
      problems.push({ checker: "nothing throws", at: world.now, text });
    }
    problems.push(...checks.flatMap((check) => check.problems));
    return { hash: world.trace.digest(), occurrenceCount: world.trace.count, problems };
  });
}

/** Things go wrong; then they heal, all that was begun comes to its end, and the nodes leave. */
async function unfold(world: World): Promise<void> {
  const plan = planOf(world.dice);
  const network = new Network(world, () => plan.pipe());
  let callCount = 0;
  const numbers = { next: () => ++callCount };
  const nodes = plan.nodes.map((name) => new SimNode(world, plan, network, name, numbers));
  for (const node of nodes) node.start();
  new Adversary(world, plan, network, nodes);
  await world.run(plan.healAt);

  network.heal();
  for (const node of nodes) node.calm();
  world.tell({ kind: "phase", name: "healed" });
  const { keepaliveIntervalMs, keepalivePatienceMs, drainMs } = plan.timing;
  const silenceMs = keepaliveIntervalMs + keepalivePatienceMs;
  const workMs = plan.deadlineMaxMs + plan.handlerTimeoutMs + drainMs;
  await world.run(world.now + silenceMs + workMs + PAUSE_MS);

  for (const node of nodes) node.tellStates();
  world.tell({ kind: "phase", name: "closing" });
  for (const node of nodes) node.stop();
  await world.run(world.now + drainMs + silenceMs + PAUSE_MS);

  for (const node of nodes) node.tellDisk();
  const remains = nodes.reduce((sum, node) => sum + node.remains, world.pendingCount);
  world.tell({ kind: "over", remains });
}

/** More than a process is ever held up, or the network takes to carry what is on its way. */
const PAUSE_MS = 20_000;
