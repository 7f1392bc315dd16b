import { setTimeout as sleep } from "node:timers/promises";
import type { MeshResponse, RnpNode } from "../../index.js";
import type { ServiceCall } from "./ipc.js";

type Found = MeshResponse["instances"][number];

/** Asks the mesh for a healthy instance of a service and calls it over HTTP. */
export async function callService(node: RnpNode, service_name: string): Promise<ServiceCall> {
  const found = await findHealthy(node, service_name);
  return { ...found, ...(await call(found.address)) };
}

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

const FIND_TIMEOUT_MS = 10_000;
const FIND_INTERVAL_MS = 50;
