import type { Agent, Controller } from "../../constellation/index.js";
import type { RnpNode } from "../../index.js";

/** A started member: a controller or an agent. */
export type Running =
  | { readonly role: "controller"; readonly controller: Controller }
  | { readonly role: "node"; readonly agent: Agent };

export function nodeOf(member: Running): RnpNode {
  return member.role === "controller" ? member.controller.node : member.agent.node;
}
