import { setTimeout as sleep } from "node:timers/promises";
import { type InstanceCreate, type Logger, RnpError } from "../index.js";
import { portFrom, refuseCodeLoading } from "./environment.js";
import { makeInstanceFolder } from "./instance-folder.js";
import type { InstanceLogs } from "./instance-logs.js";
import { type End, InstanceProcess } from "./instance-process.js";
import { noteProcess } from "./leftovers.js";
import { waitForListener } from "./listening.js";
import { resolveScript } from "./script-path.js";
import { type ScriptRunners, scriptCommand } from "./script-runner.js";

/** What a start needs to know of its node. */
export interface StartSettings {
  readonly scriptDir: string;
  readonly dataDir: string;
  readonly runners: ScriptRunners;
  readonly searchPath: string;
  readonly startTimeoutMs: number;
  readonly settleMs: number;
  readonly logs: InstanceLogs;
  readonly logger: Logger;
}

/**
 * The command that runs an instance on this node.
 *
 * @throws RnpError where its script is not here, nothing here runs it, or its environment is not allowed
 */
export async function commandOf(
  create: InstanceCreate,
  settings: Pick<StartSettings, "scriptDir" | "runners" | "searchPath">,
): Promise<[string, ...string[]]> {
  const env = create.env ?? {};
  refuseCodeLoading(env);
  portFrom(env);
  const script = await resolveScript(settings.scriptDir, create.script);
  return scriptCommand(script, settings.runners, settings.searchPath);
}

/** Starts the process of an instance. It may not be ready yet; see `untilReady`. */
export async function launch(
  create: InstanceCreate,
  settings: StartSettings,
  signal: AbortSignal,
): Promise<InstanceProcess> {
  const { env = {} } = create;
  const command = await commandOf(create, settings);
  const folder = await makeInstanceFolder(settings.dataDir, create.instance_id);
  const log = await settings.logs.open(create.instance_id);
  if (signal.aborted) throw givenUp(create);
  const started = await InstanceProcess.start({ command, env, folder, log });
  await noteProcess(folder, started.pid).catch((error: unknown) => {
    settings.logger.warn(
      { error, pid: started.pid },
      "an instance cannot be noted, in case this agent crashes",
    );
  });
  return started;
}

/**
 * Waits until the process is ready and gives the address it listens on: with a PORT when it listens there,
 * without one when it still lives after a moment. If it does not get so far, none of it is left.
 */
export async function untilReady(
  create: InstanceCreate,
  process: InstanceProcess,
  { startTimeoutMs, settleMs }: Pick<StartSettings, "startTimeoutMs" | "settleMs">,
  signal: AbortSignal,
): Promise<string | undefined> {
  const port = portFrom(create.env ?? {});
  const patience = new AbortController();
  const timer = setTimeout(() => patience.abort(), startTimeoutMs);
  const waiting = AbortSignal.any([signal, patience.signal]);
  const ready =
    port === undefined
      ? sleep(settleMs, undefined, { signal: waiting })
      : waitForListener(process.pid, port, waiting);
  const failed = process.ended.then((end) => Promise.reject(endedEarly(create, end, port)));
  try {
    return await Promise.race([ready, failed]);
  } catch (error) {
    process.kill();
    await process.ended;
    if (signal.aborted) throw givenUp(create);
    throw patience.signal.aborted ? late(create, port, startTimeoutMs) : error;
  } finally {
    clearTimeout(timer);
    patience.abort();
  }
}

function givenUp({ instance_id }: InstanceCreate): RnpError {
  return new RnpError("CANCELLED", `the start of instance ${instance_id} was given up`, {
    details: { message_type: "instance.create", reason: "cancelled or shutting down" },
  });
}

function endedEarly({ instance_id }: InstanceCreate, end: End, port: number | undefined): RnpError {
  const before = port === undefined ? "at once" : `before it listened on port ${port}`;
  return new RnpError(
    "INTERNAL_ERROR",
    `instance ${instance_id} ended with exit code ${end.exitCode} ${before}: see the output.*.log in its folder`,
    { details: { message_type: "instance.create" } },
  );
}

function late({ instance_id }: InstanceCreate, port: number | undefined, ms: number): RnpError {
  return new RnpError(
    "TIMEOUT",
    `instance ${instance_id} did not listen on port ${port} within ${ms} ms: have it listen on env PORT`,
    { details: { timeout_ms: ms, operation: "listening" } },
  );
}
