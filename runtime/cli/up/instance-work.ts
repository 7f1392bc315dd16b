import { setTimeout as sleep } from "node:timers/promises";
import type { CreatedInstance, InstanceRequest, NodeView } from "../../constellation/index.js";
import { SCRIPT_NAME, SERVICE_NAME } from "./web-script.js";
import { inTurn, type WorkSite } from "./work-site.js";

/** An instance that offers a service, and the others that call it. */
export class InstanceWork {
  readonly #site: WorkSite;
  #instance: CreatedInstance | undefined;

  constructor(site: WorkSite) {
    this.#site = site;
  }

  /** A node asks the controller for resources; the controller starts the instance where they are. */
  async start(): Promise<void> {
    const { controller } = this.#site.constellation;
    const requester = inTurn(this.#site.constellation.nodes, 0);
    const instance_id = `${SERVICE_NAME}-1`;
    await this.#untilReported();
    const allocated = await requester.do("request-resources", { instance_id, ...DEMAND });
    this.#site.report({ event: "resources_allocated", by: requester.node, ...allocated });
    const started = await controller.do("create-instance", instanceOf(instance_id));
    if (started.node !== allocated.node) {
      throw new Error(
        `${instance_id} runs on ${started.node}, not on ${allocated.node} as allocated`,
      );
    }
    this.#site.counts.instances_started += 1;
    this.#site.report({ event: "instance_started", ...started });
    this.#instance = started;
  }

  /** A node other than the instance's finds the service through the mesh and calls it over HTTP. */
  async callService(turn: number, isFirst: boolean): Promise<void> {
    const host = this.#instance!.node;
    const others = this.#site.constellation.nodes.filter(({ node }) => node !== host);
    const callers = others.length === 0 ? this.#site.constellation.nodes : others;
    const caller = inTurn(callers, turn);
    const call = await caller.do("call-service", { service_name: SERVICE_NAME });
    const { instance } = JSON.parse(call.said) as { instance: unknown };
    if (instance !== this.#instance!.instance_id) {
      throw new Error(`${SERVICE_NAME} at ${call.address} says that it is ${instance}`);
    }
    this.#site.counts.service_calls += 1;
    if (!isFirst) return;
    this.#site.report({
      event: "service_called",
      by: caller.node,
      service_name: SERVICE_NAME,
      ...call,
    });
  }

  async watchLoad(): Promise<void> {
    const { controller } = this.#site.constellation;
    const load = await controller.do("watch-load", { node: this.#instance!.node });
    this.#site.report({ event: "load_watched", by: controller.node, ...load });
    if (load.instances !== 1) throw new Error(`${load.node} tells of ${load.instances} instances`);
  }

  /** To another node, where there is one. */
  async move(): Promise<void> {
    const { controller, nodes } = this.#site.constellation;
    const { instance_id, node: from } = this.#instance!;
    const to = nodes.find(({ node }) => node !== from)?.node;
    if (to === undefined) return;
    const moved = await controller.do("move-instance", { instance_id, from, to });
    this.#instance = { ...this.#instance!, node: to };
    this.#site.report({ event: "instance_moved", instance_id, from, to, ...moved });
  }

  /** What it printed on its first node has moved with it. */
  async readOutput(): Promise<void> {
    const { controller, nodes } = this.#site.constellation;
    const { instance_id, node: expected } = this.#instance!;
    const reader = nodes.find((member) => member.node !== expected) ?? controller;
    const { node, lines } = await reader.do("read-output", { instance_id });
    this.#site.report({ event: "output_read", by: reader.node, instance_id, node, lines });
    const starts = nodes.length > 1 ? 2 : 1;
    if (node === expected && lines.length >= starts) return;
    throw new Error(
      `${instance_id} on ${node} has printed ${lines.length} lines; it started ${starts} times, ` +
        `the last time on ${expected}`,
    );
  }

  /** Until then a node has nothing to give. Should none report, the request will say so. */
  async #untilReported(): Promise<void> {
    const giveUpAtMs = performance.now() + REPORT_TIMEOUT_MS;
    const hasReported = ({ resources }: NodeView) => resources !== undefined;
    while (
      !this.#site.constellation.nodeViews.some(hasReported) &&
      performance.now() < giveUpAtMs
    ) {
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
