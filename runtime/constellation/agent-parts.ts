import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import {
  createNode,
  type GossipLeave,
  type Logger,
  type NodeOptions,
  type Peer,
  type ResourceStatus,
  type RnpNode,
  SILENT,
  timingOf,
} from "../index.js";
import { FileStore } from "./file-store.js";
import { groupUsages } from "./group-usage.js";
import {
  InstanceRunner,
  type InstanceRunnerOptions,
  type RunningInstance,
} from "./instance-runner.js";
import { endLeftovers } from "./leftovers.js";
import { type MetricLook, MetricLooks } from "./metrics.js";
import { type MoveOptions, Moves } from "./moves.js";
import { type Notice, Notices } from "./notices.js";
import { Reporter } from "./reporter.js";
import { serviceOf } from "./service-environment.js";
import { SystemResources, takeSnapshot } from "./system-resources.js";
import { AGENT_TIMING, type AgentTiming } from "./timing.js";

export interface AgentOptions extends Omit<NodeOptions, "report"> {
  /** Holds the folders of instances, and the files that are stored here. Made if it is missing. */
  readonly dataDir: string;
  /** Instances run scripts from here only. Default: `scripts` in `dataDir`. */
  readonly scriptDir?: string;
  /** What the agent does for the cluster. Default: `instance`, `filesystem` and `mesh`. */
  readonly capabilities?: readonly string[];
  /** How instances are run. */
  readonly instances?: Omit<
    Partial<InstanceRunnerOptions>,
    "scriptDir" | "dataDir" | "onStarted" | "onStopped" | "isHeld" | "logger"
  >;
  /** How instances are moved. */
  readonly moves?: MoveOptions;
  /** Default: what the operating system says. */
  readonly measure?: () => Promise<ResourceStatus>;
  readonly timing?: Partial<AgentTiming>;
}

/** What an agent consists of. */
export interface AgentParts {
  readonly node: RnpNode;
  /** Where it joins. */
  readonly seeds: readonly string[];
  readonly runner: InstanceRunner;
  readonly moves: Moves;
  /** `undefined` where the agent stores no files. */
  readonly files: FileStore | undefined;
  readonly notices: Notices;
  readonly reporter: Reporter;
  readonly metrics: MetricLooks;
  readonly logger: Logger;
}

/** Makes the parts and starts the node. Nothing is left running when it rejects. */
export async function assembleAgent(options: AgentOptions): Promise<AgentParts> {
  const { capabilities = CAPABILITIES, logger = SILENT } = options;
  const timing = { ...AGENT_TIMING, ...options.timing };
  const { heartbeatIntervalMs } = timingOf(options.liveness);
  const { dataDir, scriptDir } = await makeFolders(options);
  await endLeftovers(dataDir, logger);
  const files = capabilities.includes("filesystem")
    ? await FileStore.open({ root: join(dataDir, "store"), logger, now: Date.now })
    : undefined;

  // The parts below talk through the node, which in turn asks them for the load: it is made last.
  let node: RnpNode;
  let moves: Moves;
  const controller = (signal?: AbortSignal): Promise<Peer> =>
    node.controller({ timeoutMs: heartbeatIntervalMs, signal });
  const notices = new Notices({
    send: async (notice) => tell(await controller(), notice),
    logger,
  });
  const runner = new InstanceRunner({
    ...options.instances,
    scriptDir,
    dataDir,
    logger,
    isHeld: (id) => moves.has(id),
    onStarted: (instance) => {
      // One that was created from here is told of by the answer; one that moved here is not.
      const { started } = instance;
      if (moves.arrivals.has(started.instance_id)) {
        notices.add({ type: "instance.started", data: started });
      }
      offer(instance, notices, logger);
    },
    onStopped: (data, { create, started }) => {
      const service = serviceOf(create, started);
      if (service !== undefined) {
        const { service_name, instance_id } = service;
        notices.add({ type: "mesh.deregister", data: { service_name, instance_id } });
      }
      if (!moves.departures.handleStopped(data)) notices.add({ type: "instance.stopped", data });
    },
  });
  const resources = new SystemResources(() => takeSnapshot(dataDir, performance.now()));
  const reporter = await Reporter.create({
    controller,
    measure: options.measure ?? (() => resources.measure()),
    instanceCount: () => runner.running().length,
    onRegularReport: () => repeatAll({ runner, notices, files, logger }),
    onReached: () => notices.flush(),
    heartbeatIntervalMs,
    timing,
    logger,
  });
  moves = await Moves.create({
    ...options.moves,
    node: () => node,
    controller,
    dataDir,
    runner,
    notices,
    logger,
  });
  const onLeave = (from: string, leave: GossipLeave): void => {
    void moves.handleLeave(from, leave);
    options.onLeave?.(from, leave);
  };
  node = await createNode({
    remember: join(dataDir, "members.json"),
    ...options,
    ...{ capabilities, onLeave },
    report: () => reporter.load(),
  });
  const seeds = options.join ?? [];
  const metrics = new MetricLooks(() => lookAt(dataDir, runner));
  return { node, seeds, runner, moves, files, notices, reporter, metrics, logger };
}

async function makeFolders(options: AgentOptions) {
  const dataDir = resolve(options.dataDir);
  const scriptDir = resolve(options.scriptDir ?? join(dataDir, "scripts"));
  for (const folder of [dataDir, scriptDir]) await mkdir(folder, { recursive: true });
  return { dataDir, scriptDir };
}

async function lookAt(dataDir: string, runner: InstanceRunner): Promise<MetricLook> {
  const running = runner
    .running()
    .map(({ started: { instance_id, pid } }) => ({ instance_id, pid }));
  const [system, usages] = await Promise.all([
    takeSnapshot(dataDir, performance.now()),
    groupUsages(new Set(running.map(({ pid }) => pid))),
  ]);
  const instances = running.map((each) => ({ ...each, usage: usages.get(each.pid) }));
  return { timestamp: Date.now(), system, instances };
}

function tell({ instance, mesh }: Peer, { type, data }: Notice): Promise<void> {
  switch (type) {
    case "instance.started":
      return instance.started(data);
    case "instance.stopped":
      return instance.stopped(data);
    case "instance.moving":
      return instance.moving(data);
    case "mesh.register":
      return mesh.register(data);
    case "mesh.deregister":
      return mesh.deregister(data);
  }
}

/** Registers the service of an instance, where it offers one. */
function offer({ create, started }: RunningInstance, notices: Notices, logger: Logger): void {
  const service = serviceOf(create, started);
  if (service !== undefined) return notices.add({ type: "mesh.register", data: service });
  if (create.env?.SERVICE_NAME === undefined) return;
  const fields = { instance_id: create.instance_id, service: create.env.SERVICE_NAME };
  logger.warn(fields, "a service is not registered: its instance has no PORT to listen on");
}

/**
 * Repeats what the controller has to know, so that one that was started anew, or missed something, knows
 * it again. Nothing is repeated while older notices still wait.
 */
function repeatAll({
  runner,
  notices,
  files,
  logger,
}: Pick<AgentParts, "runner" | "notices" | "files" | "logger">): void {
  files?.discardStale().catch((error: unknown) => {
    logger.error({ error }, "unfinished files cannot be removed");
  });
  if (notices.count > 0) return;
  for (const instance of runner.running()) {
    notices.add({ type: "instance.started", data: instance.started });
    offer(instance, notices, logger);
  }
}

const CAPABILITIES: readonly string[] = ["instance", "filesystem", "mesh"];
