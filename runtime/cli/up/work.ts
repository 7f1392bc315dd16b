import { randomBytes } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { CreatedInstance, InstanceRequest, NodeView } from "../../constellation/index.js";
import type { Constellation } from "./constellation.js";
import type { FileWritten, UpEvent } from "./events.js";
import type { MemberProcess } from "./member-process.js";
import { checksumOfFile, replicaPath } from "./replicas.js";
import type { Totals } from "./summary.js";
import { SCRIPT_NAME, SERVICE_NAME } from "./web-script.js";

type Counts = { -readonly [Name in Exclude<keyof Totals, "members">]: number };

/**
 * The work that `rnp up` has its constellation do: everything once, in order, then the everyday part again
 * and again. Whatever does not happen as it should is an error of `begin` or `round`.
 */
export class Work {
  readonly counts: Counts = {
    pings: 0,
    instances_started: 0,
    service_calls: 0,
    files_written: 0,
    replicas_verified: 0,
  };
  readonly #constellation: Constellation;
  readonly #report: (event: UpEvent) => void;
  #instance: CreatedInstance | undefined;
  #roundCount = 0;

  constructor(constellation: Constellation, report: (event: UpEvent) => void) {
    this.#constellation = constellation;
    this.#report = report;
  }

  /** Whether everything has been done, and some time has passed for what happens at intervals. */
  get isComplete(): boolean {
    return this.#roundCount >= ROUND_COUNT_MIN;
  }

  /**
   * Everything once: joining, an instance on allocated resources, its service, a replicated file, and the
   * instance moved to another node.
   */
  async begin(): Promise<void> {
    await this.#untilAllJoined();
    await this.#pingAll();
    this.#instance = await this.#startInstance();
    await this.#callService(true);
    await this.#readFile(await this.#writeFile(FIRST_FILE_SIZE));
    await this.#watchLoad();
    await this.#moveInstance();
    await this.#readOutput();
  }

  /** A second of everyday life. */
  async round(): Promise<void> {
    await this.#pingAll();
    await this.#callService(false);
    if (this.#roundCount % FILE_EVERY_ROUNDS === 1) await this.#writeFile(FILE_SIZE);
    this.#roundCount += 1;
  }

  async #untilAllJoined(): Promise<void> {
    const { processes } = this.#constellation;
    const giveUpAtMs = performance.now() + JOIN_TIMEOUT_MS;
    for (;;) {
      const tables = await Promise.all(processes.map((member) => member.do("members", undefined)));
      const alive = tables.map((table) => table.filter(({ state }) => state === "alive").length);
      if (alive.every((count) => count === processes.length)) break;
      if (performance.now() > giveUpAtMs) throw new Error(notJoined(processes, alive));
      await sleep(POLL_INTERVAL_MS);
    }
    this.#report({ event: "all_joined", members: processes.length });
  }

  async #pingAll(): Promise<void> {
    // One after the other: pings in a crowd would measure how long they queue for this machine's cores.
    for (const member of this.#constellation.processes) {
      this.counts.pings += await member.do("ping-all", undefined);
    }
  }

  /** A node asks the controller for resources; the controller starts the instance where they are. */
  async #startInstance(): Promise<CreatedInstance> {
    const { controller } = this.#constellation;
    const requester = this.#nodeOf(0);
    const instance_id = `${SERVICE_NAME}-1`;
    await this.#untilReported();
    const allocated = await requester.do("request-resources", { instance_id, ...DEMAND });
    this.#report({ event: "resources_allocated", by: requester.node, ...allocated });
    const started = await controller.do("create-instance", instanceOf(instance_id));
    if (started.node !== allocated.node) {
      throw new Error(
        `${instance_id} runs on ${started.node}, not on ${allocated.node} as allocated`,
      );
    }
    this.counts.instances_started += 1;
    this.#report({ event: "instance_started", ...started });
    return started;
  }

  /** Until then a node has nothing to give. Should none report, the request will say so. */
  async #untilReported(): Promise<void> {
    const giveUpAtMs = performance.now() + REPORT_TIMEOUT_MS;
    const hasReported = ({ resources }: NodeView) => resources !== undefined;
    while (!this.#constellation.nodeViews.some(hasReported) && performance.now() < giveUpAtMs) {
      await sleep(POLL_INTERVAL_MS);
    }
  }

  /** A node other than the instance's finds the service through the mesh and calls it over HTTP. */
  async #callService(isFirst: boolean): Promise<void> {
    const host = this.#instance!.node;
    const others = this.#constellation.nodes.filter(({ node }) => node !== host);
    const callers = others.length === 0 ? this.#constellation.nodes : others;
    const caller = callers[this.#roundCount % callers.length]!;
    const call = await caller.do("call-service", { service_name: SERVICE_NAME });
    const { instance } = JSON.parse(call.said) as { instance: unknown };
    if (instance !== this.#instance!.instance_id) {
      throw new Error(`${SERVICE_NAME} at ${call.address} says that it is ${instance}`);
    }
    this.counts.service_calls += 1;
    if (!isFirst) return;
    this.#report({ event: "service_called", by: caller.node, service_name: SERVICE_NAME, ...call });
  }

  /** A node writes a file; then each replica is read from its node's disk and compared. */
  async #writeFile(size: number): Promise<FileWritten> {
    const { nodes, folder } = this.#constellation;
    const writer = this.#nodeOf(this.counts.files_written);
    // A few names in turn, so that a view that stays open for days does not fill the disk.
    const path = `/report-${this.counts.files_written % FILE_NAME_COUNT}.bin`;
    const localPath = join(folder.path, "report.bin");
    await writeFile(localPath, randomBytes(size));
    const expected = await checksumOfFile(localPath);
    const wanted = Math.min(REPLICA_COUNT_MAX, nodes.length);
    const written = await writer.do("write-file", { path, localPath, replicas: wanted });
    const { checksum, replicas } = written;
    const verified: string[] = [];
    for (const node of replicas) {
      const actual = await checksumOfFile(replicaPath(folder.dataDir(node), path));
      if (actual === expected) verified.push(node);
    }
    this.counts.files_written += 1;
    this.counts.replicas_verified += verified.length;
    const facts = { by: writer.node, path, size, checksum, replicas, verified };
    const file: FileWritten = { event: "file_written", ...facts };
    this.#report(file);
    if (verified.length === wanted && checksum === expected) return file;
    throw new Error(
      `${path}: ${verified.length} of ${wanted} replicas have the checksum ${expected}`,
    );
  }

  /** The controller stores nothing itself, so it reads from a node. */
  async #readFile({ path, checksum: expected }: FileWritten): Promise<void> {
    const { controller } = this.#constellation;
    const { size, checksum } = await controller.do("read-file", { path });
    this.#report({ event: "file_read", by: controller.node, path, size, checksum });
    if (checksum !== expected) throw new Error(`${path} reads as ${checksum}, not ${expected}`);
  }

  async #watchLoad(): Promise<void> {
    const { controller } = this.#constellation;
    const load = await controller.do("watch-load", { node: this.#instance!.node });
    this.#report({ event: "load_watched", by: controller.node, ...load });
    if (load.instances !== 1) throw new Error(`${load.node} tells of ${load.instances} instances`);
  }

  /** To another node, where there is one. */
  async #moveInstance(): Promise<void> {
    const { controller, nodes } = this.#constellation;
    const { instance_id, node: from } = this.#instance!;
    const to = nodes.find(({ node }) => node !== from)?.node;
    if (to === undefined) return;
    const moved = await controller.do("move-instance", { instance_id, from, to });
    this.#instance = { ...this.#instance!, node: to };
    this.#report({ event: "instance_moved", instance_id, from, to, ...moved });
  }

  /** What it printed on its first node has moved with it. */
  async #readOutput(): Promise<void> {
    const { controller, nodes } = this.#constellation;
    const { instance_id, node: expected } = this.#instance!;
    const reader = nodes.find((member) => member.node !== expected) ?? controller;
    const { node, lines } = await reader.do("read-output", { instance_id });
    this.#report({ event: "output_read", by: reader.node, instance_id, node, lines });
    const starts = nodes.length > 1 ? 2 : 1;
    if (node === expected && lines.length >= starts) return;
    throw new Error(
      `${instance_id} on ${node} has printed ${lines.length} lines; it started ${starts} times, ` +
        `the last time on ${expected}`,
    );
  }

  #nodeOf(index: number): MemberProcess {
    const { nodes } = this.#constellation;
    return nodes[index % nodes.length]!;
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

function notJoined(processes: readonly MemberProcess[], alive: readonly number[]): string {
  const counts = processes.map(({ node }, index) => `${node} sees ${alive[index]}`);
  return `after ${JOIN_TIMEOUT_MS / 1000} s not all ${processes.length} members see each other: ${counts.join(", ")}`;
}

/** No cores: on a machine that is busy for a moment there are none to give. */
const DEMAND = { cpu_cores: 0, ram_mb: 64, disk_mb: 16 };
/** More than two chunks of 1 MiB. */
const FIRST_FILE_SIZE = 2_500_000;
const FILE_SIZE = 100_000;
const ROUND_COUNT_MIN = 3;
const FILE_EVERY_ROUNDS = 3;
const FILE_NAME_COUNT = 10;
const REPLICA_COUNT_MAX = 3;
const JOIN_TIMEOUT_MS = 20_000;
const REPORT_TIMEOUT_MS = 10_000;
const POLL_INTERVAL_MS = 100;
