import type { Command, Output } from "../../../../runtime/core/membership/contract.js";
import { Community } from "../scenarios/community.js";
import type { Shell } from "../shell/shell.js";

export interface LocalHealthOptions {
  readonly seed: number;
  readonly localHealth: boolean;
  readonly durationMs: number;
}

export interface Accused {
  /** Accusations of members that never stood still: who, whom, in which life. */
  readonly accusations: number;
  /** Of those, members that came to be dead to anybody. */
  readonly healthyDead: number;
}

const COUNT = 32;
const SICK_COUNT = 4;
const WARM_MS = 10_000;
const PAUSE_MS = { min: 500, max: 2000, everyMeanMs: 6000 };

/** Four of 32 members stand still for half a second up to two, again and again, and one in ten segments is lost. */
export function measureLocalHealth({ durationMs, ...options }: LocalHealthOptions): Accused {
  const accusations = new Set<string>();
  const dead = new Set<string>();
  const healthy = (node: string) => !sick.has(node);
  const community: Community = new Community({
    ...options,
    count: COUNT,
    isJudged: false,
    see: (shell, output) => {
      for (const { node, text } of accusationsOf(shell, output)) {
        if (healthy(node)) accusations.add(text);
      }
      for (const { node, after } of output.changes) {
        if (after?.state === "dead" && healthy(node)) dead.add(`${node} ${after.epoch}`);
      }
    },
  });
  const sick = new Set(
    Array.from({ length: SICK_COUNT }, (_, node) => community.world.machine(node).name),
  );
  community.begin().run(WARM_MS);
  const { network } = community.world;
  network.weather = { ...network.weather, lossProbability: 0.1 };
  for (let node = 0; node < SICK_COUNT; node++) ail(community, node);
  community.run(durationMs);
  return { accusations: accusations.size, healthyDead: dead.size };
}

function ail(community: Community, node: number): void {
  const { plan, engine } = community.world;
  plan.after(engine.dice.exponential(PAUSE_MS.everyMeanMs), () => {
    community.world.pause(node, engine.dice.between(PAUSE_MS.min, PAUSE_MS.max));
    ail(community, node);
  });
}

/** Whom a node accuses itself: by its own belief, or by what it says. */
function accusationsOf({ id }: Shell, { changes, commands }: Output): Accusation[] {
  const beliefs = changes.flatMap(({ node, after }) => {
    const isOwn = after?.state === "suspect" && after.accusers[0] === id;
    return isOwn ? [accusation(id, node, after)] : [];
  });
  return [...beliefs, ...commands.flatMap((command) => said(id, command))];
}

function said(id: string, command: Command): Accusation[] {
  if (command.kind !== "suspect") return [];
  const { suspect_node: node, accusers, epoch, incarnation } = command.data;
  return accusers?.[0] === id ? [accusation(id, node, { epoch, incarnation })] : [];
}

interface Accusation {
  readonly node: string;
  readonly text: string;
}

function accusation(
  id: string,
  node: string,
  { epoch, incarnation }: { epoch?: number | undefined; incarnation?: number | undefined },
): Accusation {
  return { node, text: `${id} > ${node} ${epoch}.${incarnation}` };
}
