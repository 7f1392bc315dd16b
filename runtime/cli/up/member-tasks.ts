import type { Input, Output, TaskName } from "./ipc.js";
import { readClusterFile, writeClusterFile } from "./member-files.js";
import { moveInstance } from "./member-move.js";
import { callService } from "./member-service.js";
import { followOutput, watchMetrics } from "./member-watch.js";
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

  "write-file": writeClusterFile,
  "read-file": readClusterFile,

  "follow-output": (member, input) => followOutput(nodeOf(member), input),
  "watch-metrics": (member, input) => watchMetrics(nodeOf(member), input),

  "locate-instance": async (member, query) => {
    const controller = await nodeOf(member).controller();
    return controller.instance.locate(query);
  },
  "move-instance": (member, order) => moveInstance(nodeOf(member), order),
};

function isAlive({ state }: { readonly state: string }): boolean {
  return state === "alive";
}

/** A busy machine is no failure of the constellation. */
const PING_TIMEOUT_MS = 5000;
