import type { DisseminationName } from "../../../runtime/core/membership/contract.js";
import { inParallel } from "../../sim/crew.js";
import { machine } from "../machine.js";
import type { Done, Job } from "../members/jobs.js";
import { rounded } from "../statistics.js";
import type { Report, Suite } from "../suite.js";
import { table } from "../table.js";

const SEED = 1;

/** Each size with the way that news travels there by default, and 100 also in the way of the large ones. */
const SIZES: readonly (readonly [count: number, mode: DisseminationName, victimCount: number])[] = [
  [10_000, "epidemic", 100],
  [1000, "epidemic", 200],
  [100, "epidemic", 200],
  [100, "mesh", 100],
  [32, "mesh", 200],
  [10, "mesh", 200],
  [8, "mesh", 200],
];

const PERIOD_COUNT = 60;
const HEALTH_SEEDS = [1, 2, 3];
const HEALTH_MS = 1_800_000;
const HOUR_MS = 3_600_000;

/** A whole day takes two hours of one core. */
const DAY_HOURS = Number(process.env.HOURS ?? 1);
const DAY_NODE_COUNT = 1000;
const CHURN = { count: 12, days: 30 };

const GOALS: Readonly<Record<string, Goal>> = {
  mean_first_detection_periods: { most: 1.7 },
  load_growth: { most: 1.1 },
  false_deaths: { most: 0 },
  informed_over_bound: { most: 1 },
  local_health_ratio: { least: 20 },
  local_health_healthy_dead: { most: 0 },
  churn_problems: { most: 0 },
};

interface Goal {
  readonly most?: number;
  readonly least?: number;
}

/**
 * The membership in a simulated cluster, with the preset `lan`: how soon members that lose their power are found, by
 * how many messages, and who is taken for dead that is not. All from one seed, so every run finds the same; only how
 * long it takes is of this machine. About a quarter of an hour; `HOURS=24` makes the quiet hour of 1,000 nodes a day,
 * which takes two more.
 */
export const membership: Suite = {
  name: "membership",
  description: "failure detection, its load and its mistakes, in simulated clusters of 8 to 10,000",
  run: runMembership,
};

async function runMembership(): Promise<Report> {
  const worker = new URL("../members/worker.js", import.meta.url);
  const done = await inParallel<Job, Done>(worker, jobs(), (one) => {
    console.error(`${nameOf(one)} in ${one.wall_s.toFixed(0)} s`);
    return true;
  });
  const rows = SIZES.map(([count, mode]) => rowOf(done, count, mode)).reverse();
  const day = of(done, "day")[0]!.found;
  const churn = of(done, "churn")[0]!.found;
  const health = healthOf(done);
  const falseDeaths = rows.reduce((sum, row) => sum + row.false_deaths, 0) + day.false_deaths;
  const growth =
    loadOf(done, 10_000).messages_per_node_per_period /
    loadOf(done, 100).messages_per_node_per_period;
  const figures: Record<string, number> = {
    mean_first_detection_periods: Math.max(...rows.map((row) => row.mean_first_detection_periods)),
    load_growth: rounded(growth),
    false_deaths: falseDeaths + health.healthy_dead,
    informed_over_bound: rounded(
      Math.max(...rows.map((row) => row.informed_max_periods / row.bound_periods)),
    ),
    local_health_ratio: health.ratio,
    local_health_healthy_dead: health.healthy_dead,
    churn_problems: churn.problems.length,
  };
  const result = { ...figures, rows, local_health: health, day, churn, goals: GOALS };
  return { result: { ...result, machine: machine(), seed: SEED }, text: textOf(figures, rows) };
}

/** The longest first, so that no core is left waiting for it in the end. */
function jobs(): Job[] {
  const dayOptions = { seed: SEED, count: DAY_NODE_COUNT, durationMs: DAY_HOURS * HOUR_MS };
  const rows = SIZES.flatMap(([count, dissemination, victimCount]): Job[] => {
    const options = { seed: SEED, count, dissemination };
    return [
      { kind: "detection", options: { ...options, victimCount } },
      { kind: "load", options: { ...options, periodCount: PERIOD_COUNT } },
    ];
  });
  const health = HEALTH_SEEDS.flatMap((seed) =>
    [false, true].map((localHealth): Job => {
      return { kind: "health", options: { seed, localHealth, durationMs: HEALTH_MS } };
    }),
  );
  return [
    { kind: "day", options: dayOptions },
    { kind: "churn", options: { seed: SEED, ...CHURN } },
    ...rows,
    ...health,
  ];
}

type Row = ReturnType<typeof rowOf>;

function rowOf(done: readonly Done[], n: number, mode: DisseminationName) {
  const detection = of(done, "detection").find((one) => one.count === n && one.mode === mode)!;
  const { found } = detection;
  const load = loadOf(done, n, mode);
  return {
    n,
    mode,
    victims: found.victims,
    mean_first_detection_periods: rounded(found.mean_first_detection_periods),
    p99_first_detection_periods: rounded(found.p99_first_detection_periods),
    informed_mean_periods: rounded(found.informed_mean_periods),
    informed_max_periods: rounded(found.informed_max_periods),
    bound_periods: rounded(found.bound_periods),
    messages_per_node_per_period: rounded(load.messages_per_node_per_period),
    bytes_per_message: rounded(load.bytes_per_message),
    connections_max: load.connections_max,
    false_suspicions: found.false_suspicions,
    false_deaths: found.false_deaths,
    wall_s: rounded(detection.wall_s),
  };
}

function loadOf(done: readonly Done[], n: number, mode: DisseminationName = "epidemic") {
  return of(done, "load").find((one) => one.count === n && one.mode === mode)!.found;
}

/** Accusations of members that never stood still, without local health over with it. */
function healthOf(done: readonly Done[]) {
  const all = of(done, "health");
  const sum = (isOn: boolean, count: (found: (typeof all)[number]["found"]) => number) =>
    all
      .filter(({ localHealth }) => localHealth === isOn)
      .reduce((total, { found }) => total + count(found), 0);
  const off = sum(false, ({ accusations }) => accusations);
  const on = sum(true, ({ accusations }) => accusations);
  const ratio = rounded(off / Math.max(1, on));
  return { off, on, ratio, healthy_dead: sum(true, ({ healthyDead }) => healthyDead) };
}

function of<Kind extends Done["kind"]>(done: readonly Done[], kind: Kind) {
  return done.filter((one): one is Extract<Done, { kind: Kind }> => one.kind === kind);
}

function nameOf(done: Done): string {
  if (done.kind === "detection" || done.kind === "load") {
    return `${done.kind}, ${done.mode} of ${done.count}`;
  }
  if (done.kind === "health") return `pauses, local health ${done.localHealth ? "on" : "off"}`;
  return done.kind;
}

function textOf(figures: Readonly<Record<string, number>>, rows: readonly Row[]): string {
  const measured = Object.entries(figures).map(([name, value]) => {
    const { most = Number.POSITIVE_INFINITY, least = 0 } = GOALS[name] ?? {};
    const goal = least > 0 ? `≥ ${least}` : `≤ ${most}`;
    return [name, String(value), goal, value <= most && value >= least ? "yes" : "no"];
  });
  const columns = Object.keys(rows[0] ?? {});
  const lines = rows.map((row) => Object.values(row).map(String));
  return [table(["membership", "", "goal", "met"], measured), table(columns, lines)].join("\n\n");
}
