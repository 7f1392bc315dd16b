import { setTimeout as sleep } from "node:timers/promises";
import type { InstanceRequest, NodeView } from "../../constellation/index.js";
import type { InstancePlace, ServiceCall } from "./ipc.js";
import { type Said, SCRIPT_NAME, SERVICE_NAME } from "./web-script.js";
import { inTurn, type WorkSite } from "./work-site.js";

/** An instance that offers a service, and the others that call it. */
export class InstanceWork {
  readonly #site: WorkSite;
  #place: InstancePlace | undefined;

  constructor(site: WorkSite) {
    this.#site = site;
  }

  /** The instance, once it has started, and where it should run. */
  get place(): InstancePlace {
    return this.#place!;
  }

  /** It was moved. */
  settleOn(host: string): void {
    this.#place = { ...this.place, host };
  }

  /** A node asks the controller for resources; the controller starts the instance where they are. */
  async start(): Promise<void> {
    const { constellation, counts, report } = this.#site;
    const requester = inTurn(constellation.nodes, 0);
    const instance_id = `${SERVICE_NAME}-1`;
    await this.#untilReported();
    const allocated = await requester.do("request-resources", { instance_id, ...DEMAND });
    report({ event: "resources_allocated", by: requester.node, ...allocated });
    const started = await constellation.controller.do("create-instance", instanceOf(instance_id));
    if (started.node !== allocated.node) {
      throw new Error(
        `${instance_id} runs on ${started.node}, not on ${allocated.node} as allocated`,
      );
    }
    this.#place = { instance_id, host: started.node };
    counts.instances_started += 1;
    report({ event: "instance_started", ...started });
  }

  /** A node other than the instance's finds the service through the mesh and calls it over HTTP. */
  async callService(turn: number, isTold: boolean): Promise<void> {
    const { constellation, counts, report } = this.#site;
    const elsewhere = constellation.nodes.filter(({ node }) => node !== this.place.host);
    const caller = inTurn(elsewhere.length === 0 ? constellation.nodes : elsewhere, turn);
    const call = await caller.do("call-service", { service_name: SERVICE_NAME });
    const { pid, calls } = this.#checked(call);
    counts.service_calls += 1;
    if (!isTold) return;
    const { said: _, ...facts } = call;
    const service = { service_name: SERVICE_NAME, pid, calls };
    report({ event: "service_called", by: caller.node, ...service, ...facts });
  }

  /** It has to be the instance, where it should be, and remember every call of before. */
  #checked({ node, address, said }: ServiceCall): Said {
    const { instance_id, host } = this.place;
    if (node !== host) throw new Error(`the mesh has ${SERVICE_NAME} on ${node}, not on ${host}`);
    const answer = JSON.parse(said) as Said;
    if (answer.instance !== instance_id) {
      throw new Error(`${SERVICE_NAME} at ${address} says that it is ${answer.instance}`);
    }
    const calls = this.#site.counts.service_calls + 1;
    if (answer.calls === calls) return answer;
    throw new Error(`${instance_id} has counted ${answer.calls} calls and not ${calls}`);
  }

  /** Until then a node has nothing to give. Should none report, the request will say so. */
  async #untilReported(): Promise<void> {
    const { constellation } = this.#site;
    const giveUpAtMs = performance.now() + REPORT_TIMEOUT_MS;
    const hasReported = ({ resources }: NodeView) => resources !== undefined;
    while (!constellation.nodeViews.some(hasReported) && performance.now() < giveUpAtMs) {
      await sleep(POLL_INTERVAL_MS);
    }
  }
}

function instanceOf(instance_id: string): InstanceRequest {
  return {
    instance_id,
    name: SERVICE_NAME,
    script: SCRIPT_NAME,
    env: {
      // The system chooses the port, and the node finds out which.
      PORT: "0",
      INSTANCE_ID: instance_id,
      SERVICE_NAME,
      SERVICE_VERSION: "1.0.0",
      SERVICE_PROTOCOL: "http",
      SERVICE_HEALTH_CHECK: "/health",
    },
    resources: { ram_mb: DEMAND.ram_mb, disk_mb: DEMAND.disk_mb },
  };
}

/** No cores: on a machine that is busy for a moment there are none to give. */
const DEMAND = { cpu_cores: 0, ram_mb: 64, disk_mb: 16 };
const REPORT_TIMEOUT_MS = 10_000;
const POLL_INTERVAL_MS = 100;
