import { createHash } from "node:crypto";
import { readFile } from "../../constellation/index.js";
import type { Input, Output, TaskName } from "./ipc.js";
import { callService } from "./member-service.js";
import { nodeOf, type Running } from "./running.js";

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

  "call-service": (member, { service_name }) => callService(nodeOf(member), service_name),

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

function isAlive({ state }: { readonly state: string }): boolean {
  return state === "alive";
}

/** A busy machine is no failure of the constellation. */
const PING_TIMEOUT_MS = 5000;
const OUTPUT_LINES_MAX = 100;
const SAMPLE_INTERVAL_MS = 200;
