import { Command, InvalidArgumentError } from "commander";
import { type MembershipChoices, membershipOf, withMembership } from "./membership-options.js";
import { stopSignal } from "./stop-signal.js";
import { timingFor } from "./up/intervals.js";
import type { View } from "./up/page.js";
import { jsonReporter, LiveReporter, lineReporter, type Reporter } from "./up/reporters.js";
import { Run } from "./up/run.js";

interface UpOptions extends MembershipChoices {
  readonly nodes: number;
  readonly for?: number;
  readonly json?: true;
}

/** The command `rnp up`: a whole constellation on this machine, doing real work. */
export function upCommand(): Command {
  return withMembership(new Command("up"), "a tenth of specification")
    .description("run a whole constellation on this machine: a controller and nodes, at work")
    .option("--nodes <n>", `nodes beside the controller, 1 to ${NODE_COUNT_MAX}`, nodesArgument, 3)
    .option("--for <seconds>", "stop after so long; default: on a terminal never, else 20", seconds)
    .option("--json", "print a line of JSON for each event, and a summary")
    .action(up);
}

async function up(options: UpOptions): Promise<void> {
  const startedAtMs = performance.now();
  const isLive = process.stdout.isTTY && options.for === undefined && !options.json;
  const reporterOf = (view: () => Omit<View, "events">): Reporter => {
    if (options.json) return jsonReporter;
    return isLive ? new LiveReporter(process.stdout, view) : lineReporter(startedAtMs);
  };
  const durationMs = isLive ? Number.POSITIVE_INFINITY : (options.for ?? SECONDS_DEFAULT) * 1000;
  const stop = stopSignal();
  // Whoever reads the output may go away first.
  process.stdout.on("error", () => process.kill(process.pid, "SIGTERM"));
  const { nodes: nodeCount } = options;
  const membership = {
    ...membershipOf(options),
    liveness: timingFor(options.liveness),
  };
  const run = new Run({ nodeCount, membership, durationMs, startedAtMs, stop, reporterOf });
  const { ok } = await run.toTheEnd();
  if (!ok) process.exitCode = 1;
}

function nodesArgument(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= NODE_COUNT_MAX) return count;
  throw new InvalidArgumentError(`expected a whole number from 1 to ${NODE_COUNT_MAX}.`);
}

function seconds(text: string): number {
  const count = Number(text);
  if (Number.isFinite(count) && count > 0) return count;
  throw new InvalidArgumentError("expected seconds above 0.");
}

const SECONDS_DEFAULT = 20;
/** Every process takes about 60 MB. */
const NODE_COUNT_MAX = 32;
