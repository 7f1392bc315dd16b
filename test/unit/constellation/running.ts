import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import {
  type Agent,
  type AgentOptions,
  type Controller,
  type ControllerOptions,
  startAgent,
  startController,
} from "../../../runtime/constellation/index.js";
import type { ResourceStatus } from "../../../runtime/index.js";
import { testCertificate } from "../../support/certificates.js";
import { temporaryFolder, until } from "./support.js";

/** Ten times as fast as in production, and more: dead after 0.45 s. */
export const liveness = {
  heartbeatIntervalMs: 50,
  announceIntervalMs: 200,
  lateAfterMs: 290,
  suspectAfterMs: 300,
  indirectAfterMs: 310,
  noAnswerAfterMs: 440,
  suspicionBaseMs: 150,
  reportAfterMs: 500,
};

/** Nobody counts as dead because a busy test machine is slow, or its connection was cut. */
export const patient = {
  heartbeatIntervalMs: 50,
  announceIntervalMs: 200,
  lateAfterMs: 19_000,
  suspectAfterMs: 20_000,
  indirectAfterMs: 21_000,
  noAnswerAfterMs: 24_000,
  suspicionBaseMs: 5000,
  reportAfterMs: 26_000,
};

/** Ten times as fast as in production, and more. */
export const timing = {
  resourceIntervalMs: 150,
  measureIntervalMs: 50,
  healthIntervalMs: 50,
  healthTimeoutMs: 500,
  sweepIntervalMs: 20,
};

const SERVER = `
  import { createServer } from "node:http";
  const answer = (request, response) => {
    response.writeHead(request.url === "/health" ? 200 : 404).end();
  };
  createServer(answer).listen(Number(process.env.PORT), "127.0.0.1");
`;
/** The environment that makes `server.mjs` a service. */
export const SERVICE = { PORT: "0", SERVICE_NAME: "users", SERVICE_HEALTH_CHECK: "/health" };

export const ROOMY: ResourceStatus = {
  cpu: { total_cores: 4, available_cores: 4, percent_used: 0 },
  ram: { total_mb: 4096, available_mb: 2048, percent_used: 50 },
  disk: { total_gb: 100, available_gb: 50, percent_used: 50 },
};

/** A controller, closed after the test. */
export async function controller(options: Partial<ControllerOptions> = {}): Promise<Controller> {
  const identity = await testCertificate({ id: "controller-1", role: "controller" });
  const listen = "127.0.0.1:0";
  const started = await startController({ identity, listen, liveness, timing, ...options });
  onTestFinished(() => started.close({ drainMs: 200 }));
  return started;
}

/** An agent with scripts and a data folder of its own, closed after the test. */
export async function agent(
  id: string,
  join_: string,
  options: Partial<AgentOptions> = {},
): Promise<Agent> {
  const { dataDir = await temporaryFolder() } = options;
  await mkdir(join(dataDir, "scripts"), { recursive: true });
  await writeFile(join(dataDir, "scripts", "server.mjs"), SERVER);
  await writeFile(join(dataDir, "scripts", "short.sh"), "sleep 0.2; exit 4");
  await writeFile(join(dataDir, "scripts", "idle.sh"), "sleep 30");
  const started = await startAgent({
    identity: await testCertificate({ id }),
    listen: "127.0.0.1:0",
    join: [join_],
    dataDir,
    liveness,
    timing,
    measure: async () => ROOMY,
    ...options,
  });
  onTestFinished(() => started.close({ drainMs: 200 }));
  return started;
}

/** A controller and agents that have reported to it. */
export async function constellation(
  ids: string[],
  options: { controller?: Partial<ControllerOptions>; agent?: Partial<AgentOptions> } = {},
) {
  const first = await controller(options.controller);
  const agents: Agent[] = [];
  for (const id of ids) agents.push(await agent(id, first.node.address!, options.agent));
  await untilReported(first, ids.length);
  return { controller: first, agents };
}

/** Settles when the controller has heard of the load of `count` nodes. */
export function untilReported(first: Controller, count: number): Promise<void> {
  const reported = () => first.nodes().filter(({ resources, heartbeat }) => resources && heartbeat);
  return until(() => reported().length === count);
}
