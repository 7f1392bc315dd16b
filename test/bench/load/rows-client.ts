import { randomBytes, randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { writeFile } from "../../../runtime/constellation/index.js";
import {
  createNode,
  type Peer,
  type RnpNode,
  scaledTiming,
  TIMINGS,
} from "../../../runtime/index.js";
import type { CertificatePaths } from "../../../runtime/security/certificate-files.js";
import { CHUNK_SIZE, chunksOf } from "./chunks.js";
import { monotonicMs } from "./clock.js";
import { INSTANCE_SCRIPT, pingNow, RESOURCE_STATUS } from "./messages.js";
import type { RowsAddresses } from "./rows-server.js";
import { timesOf } from "./times.js";

/*
 * The sending side of the suite `latency`, two nodes in one process: a node, and a controller that starts
 * instances and writes files.
 */

/** Messages without an answer. */
export type OneWay = "heartbeat" | "gossip" | "resource.status";

let self: RnpNode;
let node: Peer;
let controller: Peer;
let director: RnpNode;
let agent: Peer;
let isBulkWanted = false;

/** Starts the two and connects them with the three of the other side. */
export async function connectRows(
  identities: Readonly<Record<"client" | "director", CertificatePaths>>,
  addresses: RowsAddresses,
): Promise<void> {
  const listen = "127.0.0.1:0";
  self = await createNode({ identity: identities.client, listen, liveness: SILENT });
  controller = await self.peerAt(addresses.controller);
  node = await self.peerAt(addresses.node);
  director = await createNode({ identity: identities.director, listen });
  // The agent tells a controller what became of its instances.
  for (const type of ["instance.started", "instance.stopped"] as const)
    director.handle(type, ignore);
  for (const type of ["heartbeat", "resource.status"] as const) director.handle(type, ignore);
  director.join([addresses.agent]);
  for await (const { member } of director.members()) {
    if (!member.capabilities.includes("filesystem")) continue;
    agent = director.peer(member.node);
    return;
  }
}

/** How long pings take, one at a time. */
export function pingTimes(count: number): Promise<number[]> {
  return timesOf(count, () => node.ping(pingNow()));
}

/** Sends messages of one kind, each when the one before it is long done; gives when each was sent. */
export async function sendPaced(kind: OneWay, count: number): Promise<number[]> {
  const times: number[] = [];
  for (let index = 0; index < count; index++) {
    await sleep(PAUSE_MS);
    times.push(monotonicMs());
    await send(kind, index);
  }
  return times;
}

/** How long the agent takes to start an instance, with the defaults of agents. */
export function createTimes(count: number): Promise<number[]> {
  return timesOf(count, () =>
    agent.instance.create({
      instance_id: `inst-${randomUUID()}`,
      name: "idle",
      script: INSTANCE_SCRIPT,
    }),
  );
}

/** How long it takes to write a file of 1 MiB to the disk of the agent. */
export function writeTimes(count: number): Promise<number[]> {
  const content = randomBytes(CHUNK_SIZE);
  const options = { replicationFactor: 1 };
  return timesOf(count, () => writeFile(director, `/bench/${randomUUID()}`, content, options));
}

/** Begins to send chunks on the data pool, some at a time, until `stopBulk`. */
export function startBulk(inFlightCount: number): void {
  isBulkWanted = true;
  bulk = Promise.all(chunksOf(inFlightCount).map(sendAgain)).then(sum);
}

/** Ends it; gives how many chunks were acknowledged. */
export function stopBulk(): Promise<number> {
  isBulkWanted = false;
  return bulk;
}

let bulk = Promise.resolve(0);

async function sendAgain(chunk: Parameters<Peer["fs"]["replicate"]>[0]): Promise<number> {
  let count = 0;
  for (; isBulkWanted; count++) await node.fs.replicate(chunk);
  return count;
}

function send(kind: OneWay, index: number): Promise<void> {
  switch (kind) {
    case "heartbeat":
      return controller.heartbeat({ cpu_percent: 45.2, ram_used_mb: 2048, instance_count: 12 });
    case "resource.status":
      return controller.resource.status(RESOURCE_STATUS);
    case "gossip":
      return index % 2 === 0
        ? node.gossip.announce({ address: self.address!, version: "1.0.0", capabilities: [] })
        : node.gossip.leave({ reason: "shutdown" });
  }
}

function sum(counts: readonly number[]): number {
  return counts.reduce((total, count) => total + count, 0);
}

function ignore(): void {}

/** Long enough for the message before to be done. */
const PAUSE_MS = 2;
/** It speaks only when the benchmark has it speak: a heartbeat would undo a leave. */
const SILENT = scaledTiming(1000, TIMINGS.specification);
