import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startAgent } from "../../../runtime/constellation/index.js";
import { createNode } from "../../../runtime/index.js";
import type { CertificatePaths } from "../../../runtime/security/certificate-files.js";
import { monotonicMs } from "./clock.js";
import { INSTANCE_SCRIPT } from "./messages.js";

/*
 * The receiving side of the suite `latency`, three nodes in one process: a controller, a node that also
 * takes the bulk transfer, and an agent.
 */

/** Where they are. */
export interface RowsAddresses {
  readonly controller: string;
  readonly node: string;
  readonly agent: string;
}

/** When what was sent one way had been handled, in the order of arrival, see `monotonicMs`. */
let handledAtMs: number[] = [];

/** Starts the three; the agent keeps its files and instances in `folder`. */
export async function serveRows(
  identities: Readonly<Record<keyof RowsAddresses, CertificatePaths>>,
  folder: string,
): Promise<RowsAddresses> {
  const listen = "127.0.0.1:0";
  const controller = await createNode({ identity: identities.controller, listen });
  controller.handle("heartbeat", noteHandled);
  controller.handle("resource.status", noteHandled);
  const node = await createNode({ identity: identities.node, listen });
  node.handle("fs.replicate", () => {});
  void noteChanges(node.members());
  const scripts = join(folder, "scripts");
  await mkdir(scripts, { recursive: true });
  await writeFile(join(scripts, INSTANCE_SCRIPT), "exec /bin/sleep 1\n");
  const agent = await startAgent({ identity: identities.agent, listen, dataDir: folder });
  return { controller: controller.address!, node: node.address!, agent: agent.node.address! };
}

/** Forgets what was handled so far. */
export function forgetHandled(): void {
  handledAtMs = [];
}

/** When each of the `count` messages since then was handled. */
export async function handledTimes(count: number): Promise<number[]> {
  while (handledAtMs.length < count) await sleep(1);
  return handledAtMs.slice(0, count);
}

function noteHandled(): void {
  handledAtMs.push(monotonicMs());
}

/** Gossip belongs to the node itself; that it has been handled shows in the member table. */
async function noteChanges(changes: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of changes) noteHandled();
}
