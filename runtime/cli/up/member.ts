import { rm } from "node:fs/promises";
import { startAgent, startController } from "../../constellation/index.js";
import { STATUS_MS } from "./intervals.js";
import type { Input, MemberMessage, MemberStart, Stats, TaskMessage } from "./ipc.js";
import { memberLogger } from "./member-log.js";
import { TASKS } from "./member-tasks.js";
import { nodeOf, type Running } from "./running.js";

/*
 * One member of the constellation that `rnp up` runs: a process that does what its parent says, reports how
 * it is, and does not outlive it.
 */

let starting: Promise<Running> | undefined;
let member: Running | undefined;
let folder: string | undefined;
let reporting: NodeJS.Timeout | undefined;

process.on("message", (message) => void handle(message as TaskMessage));
process.once("disconnect", endAlone);
// Ctrl-C reaches every process of the terminal; the parent says what is to be done.
process.on("SIGINT", () => {});
process.on("SIGHUP", () => {});
// An exit, unlike a signal, also ends the instances.
process.once("SIGTERM", () => process.exit(143));

async function handle({ id, name, input }: TaskMessage): Promise<void> {
  try {
    const output = await perform(name, input);
    await send({ kind: "done", id, output });
    if (name === "close") letGo();
  } catch (error) {
    await send({ kind: "failed", id, text: (error as Error).message });
  }
}

function perform(name: TaskMessage["name"], input: unknown): Promise<unknown> {
  if (name === "start") return start(input as Input<"start">);
  if (name === "close") return close();
  if (member === undefined) throw new Error("it has not started yet");
  return TASKS[name](member, input as never);
}

async function start(options: MemberStart): Promise<{ id: string; address: string }> {
  folder = options.folder;
  starting = startMember(options);
  member = await starting;
  const node = nodeOf(member);
  reporting = setInterval(report, REPORT_INTERVAL_MS);
  void reportChanges();
  return { id: node.id, address: node.address! };
}

async function startMember(options: MemberStart): Promise<Running> {
  const { role, identity, join, liveness, dissemination = "auto", dataDir, scriptDir } = options;
  const logger = memberLogger((entry) => void send({ kind: "log", entry }));
  const common = { identity, join, listen: "127.0.0.1:0", liveness, dissemination, logger };
  if (role === "controller") {
    const timing = { healthIntervalMs: HEALTH_MS };
    return { role, controller: await startController({ ...common, timing }) };
  }
  const timing = { resourceIntervalMs: STATUS_MS, measureIntervalMs: MEASURE_MS };
  return { role, agent: await startAgent({ ...common, timing, dataDir, scriptDir }) };
}

async function close(): Promise<Stats> {
  // Being told to end while it starts, it has nothing to close before it has started.
  const running = await starting?.catch(() => undefined);
  clearInterval(reporting);
  if (running === undefined) return {};
  await (running.role === "controller" ? running.controller : running.agent).close();
  return nodeOf(running).stats();
}

/** A change is told at once: the parent must not miss a state that lasted a moment. */
async function reportChanges(): Promise<void> {
  for await (const _ of nodeOf(member!).members()) report();
}

function report(): void {
  const node = nodeOf(member!);
  const controller = member!.role === "controller" ? member!.controller : undefined;
  const telemetry = {
    stats: node.stats(),
    members: node.memberList(),
    nodes: controller?.nodes() ?? [],
    services: controller?.services() ?? [],
  };
  void send({ kind: "telemetry", telemetry });
}

/** Settles when the parent has it, or is gone. */
function send(message: MemberMessage): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected) return resolve();
    process.send!(message, undefined, undefined, () => resolve());
  });
}

/** Nothing is left to do, so this process ends by itself, as long as nothing was forgotten. */
function letGo(): void {
  process.off("disconnect", endAlone);
  process.disconnect();
}

/** The parent was killed. */
async function endAlone(): Promise<void> {
  setTimeout(() => process.exit(1), END_TIMEOUT_MS).unref();
  await close().catch(() => {});
  // Nobody else will, and the last one to do it has nothing beside it any more.
  if (folder !== undefined) await rm(folder, { recursive: true, force: true }).catch(() => {});
  process.exit(0);
}

const REPORT_INTERVAL_MS = 500;
/** A tenth of what is usual, so that within seconds there is something to see. */
const HEALTH_MS = 1000;
const MEASURE_MS = 1000;
const END_TIMEOUT_MS = 5000;
