import { Community } from "../scenarios/community.js";

export interface ChurnOptions {
  readonly seed: number;
  readonly count: number;
  readonly days: number;
  readonly progress?: (day: number) => void;
}

export interface Churn {
  readonly nodes: number;
  readonly simulated_days: number;
  readonly restarts: number;
  readonly events: number;
  /** Rules that were broken, and views that are not the same in the end. */
  readonly problems: readonly string[];
  /** What is still to happen to each node in the end: timers, and messages under way. */
  readonly pending_per_node: number;
  /** Rows that all tables together hold, each once; with nothing leaked as many as nodes. */
  readonly rows: number;
}

const DAY_MS = 24 * 3_600_000;
const HOUR_MS = 3_600_000;
/** A node restarts after the one before it is back, and one of them all is replaced each week. */
const RESTART_GAP_MS = 120_000;
const DOWN_MS = 20_000;

/** Days by the timeline of the specification, in which all nodes are restarted one after the other each week. */
export function measureChurn({ days, progress, ...options }: ChurnOptions): Churn {
  const community = new Community({ ...options, preset: "specification", dissemination: "auto" });
  community.begin();
  let restarts = 0;
  for (let day = 1; day <= days; day++) {
    if (day % 7 === 0) restarts += planRestarts(community);
    community.run(DAY_MS);
    progress?.(day);
  }
  community.run(HOUR_MS);
  return {
    nodes: options.count,
    simulated_days: days,
    restarts,
    events: community.world.engine.eventCount,
    problems: community.end().map(({ rule, text }) => `${rule}: ${text}`),
    pending_per_node: community.world.engine.pendingCount / options.count,
    rows: community.rowCount,
  };
}

/** Half of them leave first, the others are killed. */
function planRestarts({ world }: Community): number {
  for (const { node } of world.machines) {
    const at = node * RESTART_GAP_MS;
    world.plan.after(at, () => (node % 2 === 0 ? world.leave(node) : world.kill(node)));
    world.plan.after(at + DOWN_MS, () => world.start(node, [(node + 1) % world.size]));
  }
  return world.size;
}
