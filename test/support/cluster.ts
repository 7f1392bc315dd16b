import { afterEach } from "vitest";
import { createNode, type NodeOptions, type RnpNode } from "../../runtime/index.js";
import { testCertificate } from "./certificates.js";

const running: RnpNode[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((node) => node.close({ drainMs: 500 })));
});

/** A node with a certificate of the test's CA, on a port that the system chose; closed after the test. */
export async function startNode(
  id: string,
  options: Partial<NodeOptions> & { role?: "node" | "controller" } = {},
): Promise<RnpNode> {
  const { role = id.startsWith("controller") ? "controller" : "node", ...rest } = options;
  const identity = await testCertificate({ id, role });
  const node = await createNode({ identity, listen: "127.0.0.1:0", ...rest });
  running.push(node);
  return node;
}

/** A controller and `count` nodes that know each other. */
export async function startCluster(
  count: number,
  options: Partial<NodeOptions> = {},
): Promise<{ controller: RnpNode; nodes: RnpNode[] }> {
  const controller = await startNode("controller-1", options);
  const join = [controller.address!];
  const ids = Array.from({ length: count }, (_, index) => `node-${index + 1}`);
  const nodes = await Promise.all(ids.map((id) => startNode(id, { join, ...options })));
  for (const node of [controller, ...nodes]) await untilMembers(node, count + 1);
  return { controller, nodes };
}

/** Settles when `node` sees `count` members alive, itself included. */
export async function untilMembers(node: RnpNode, count: number): Promise<void> {
  const changes = node.members();
  const alive = () => node.memberList().filter(({ state }) => state === "alive").length;
  while (alive() !== count && !(await changes.next()).done);
  await changes.return?.();
}
