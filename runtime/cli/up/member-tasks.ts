import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Agent, type Controller, readFile } from "../../constellation/index.js";
import type { MeshResponse, RnpNode } from "../../index.js";
import type { Input, Output, ServiceCall, TaskName } from "./ipc.js";

/** A started member: a controller or an agent. */
export type Running =
  | { readonly role: "controller"; readonly controller: Controller }
  | { readonly role: "node"; readonly agent: Agent };

/** The tasks that a started member does, whoever asks. */
type Done = Exclude<TaskName, "start" | "close">;

/** What each task does. */
export const TASKS: {
  readonly [Name in Done]: (member: Running, input: Input<Name>) => Promise<Output<Name>>;
} = {
  members: async (member) => nodeOf(member).memberList(),

  "ping-all": async (member) => {
    const node = nodeOf(member);
    const others = node.memberList().filter((each) => each.node !== node.id && isAlive(each));
    for (const each of others) {
      await node.peer(each.node).ping({ timestamp: Date.now() }, { timeoutMs: PING_TIMEOUT_MS });
    }
    return others.length;
  },

  "request-resources": async (member, request) => {
    const controller = await nodeOf(member).controller();
    return controller.resource.request(request);
  },

  "create-instance": async (member, request) => {
    if (member.role !== "controller") throw new Error("only a controller creates instances");
    return member.controller.createInstance(request);
  },

  "call-service": async (member, { service_name }) => {
    const found = await findHealthy(nodeOf(member), service_name);
    return { ...found, ...(await call(found.address)) };
  },

  "write-file": async (member, { path, localPath, replicas: replicationFactor }) => {
    if (member.role !== "node") throw new Error("only a node writes files");
    const written = await member.agent.writeFile(path, { localPath }, { replicationFactor });
    return { checksum: written.checksum, replicas: written.replicas };
  },

  "read-file": async (member, { path }) => {
    const bytes = await readFile(nodeOf(member), path);
    const checksum = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
    return { size: bytes.length, checksum };
  },

  "read-output": async (member, { instance_id }) => {
    const node = await locate(member, instance_id);
    const query = { instance_id, follow: false, last: OUTPUT_LINES_MAX };
    const lines: string[] = [];
    const entries = nodeOf(member).peer(node).log.subscribe(query);
    for await (const { text } of entries) lines.push(text);
    return { node, lines };
  },

  "watch-load": async (member, { node }) => {
    const samples = nodeOf(member).peer(node).metric.subscribe({ interval_ms: SAMPLE_INTERVAL_MS });
    for await (const { cpu, ram, instances } of samples) {
      const percent = { cpu_percent: cpu.percent_used, ram_percent: ram.percent_used };
      return { node, ...percent, instances: instances.length };
    }
    throw new Error(`${node} ended the stream of its load`);
  },

  "move-instance": async (member, { instance_id, from, to }) => {
    const startedAtMs = performance.now();
    let bytes = 0;
    for await (const progress of nodeOf(member).peer(to).instance.move({ instance_id, from })) {
      bytes = progress.bytes;
    }
    return { bytes, ms: Math.round(performance.now() - startedAtMs) };
  },
};

export function nodeOf(member: Running): RnpNode {
  return member.role === "controller" ? member.controller.node : member.agent.node;
}

/** The node of an instance: the controller knows, a node asks it. */
async function locate(member: Running, instance_id: string): Promise<string> {
  if (member.role === "node") {
    const controller = await member.agent.node.controller();
    return (await controller.instance.locate({ instance_id })).node;
  }
  const found = member.controller.instances().find((each) => each.instance_id === instance_id);
  if (found === undefined) throw new Error(`the controller knows no instance ${instance_id}`);
  return found.node;
}

type Found = MeshResponse["instances"][number];

/** A service is healthy once the controller has probed it, a moment after it has registered. */
async function findHealthy(node: RnpNode, service_name: string): Promise<Found> {
  const controller = await node.controller();
  const giveUpAtMs = performance.now() + FIND_TIMEOUT_MS;
  for (;;) {
    const query = { service_name, filters: { healthy: true } };
    const [found] = (await controller.mesh.query(query)).instances;
    if (found !== undefined) return found;
    if (performance.now() > giveUpAtMs) break;
    await sleep(FIND_INTERVAL_MS);
  }
  throw new Error(`the mesh has had no healthy ${service_name} for ${FIND_TIMEOUT_MS / 1000} s`);
}

async function call(address: string): Promise<Pick<ServiceCall, "said" | "ms">> {
  const sentAtMs = performance.now();
  const response = await fetch(`http://${address}/`, { signal: AbortSignal.timeout(5000) });
  const said = await response.text();
  if (!response.ok) throw new Error(`${address} answered with status ${response.status}: ${said}`);
  return { said, ms: Math.round((performance.now() - sentAtMs) * 100) / 100 };
}

function isAlive({ state }: { readonly state: string }): boolean {
  return state === "alive";
}

/** A busy machine is no failure of the constellation. */
const PING_TIMEOUT_MS = 5000;
const OUTPUT_LINES_MAX = 100;
const SAMPLE_INTERVAL_MS = 200;
const FIND_TIMEOUT_MS = 10_000;
const FIND_INTERVAL_MS = 50;
