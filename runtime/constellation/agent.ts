import {
  type CloseOptions,
  type HandlerContext,
  type InstanceProgress,
  RnpError,
  type RnpNode,
} from "../index.js";
import { type AgentOptions, type AgentParts, assembleAgent } from "./agent-parts.js";
import type { FileSource } from "./file-content.js";
import { type ReadFileOptions, readFile, streamFile } from "./file-reader.js";
import type { FileStore } from "./file-store.js";
import { type WriteFileOptions, type WrittenFile, writeFile } from "./file-writer.js";
import { type HandOverReport, handOver } from "./hand-over.js";
import type { RunningInstance } from "./instance-runner.js";

/**
 * Starts an agent: a node that runs instances and stores files for the cluster, and tells its controller
 * how it is. It starts without one as well, and reports as soon as there is one.
 *
 * @throws what `createNode` throws, and what the file system says where `dataDir` cannot be used
 */
export async function startAgent(options: AgentOptions): Promise<Agent> {
  return new Agent(await assembleAgent(options));
}

/** How an agent leaves its instances to another node. */
export interface LeaveOptions extends CloseOptions {
  /** The node that takes them over. */
  readonly transferInstancesTo: string;
  /** How long all of them may take together. Default 5 minutes. */
  readonly transferTimeoutMs?: number;
  readonly onProgress?: (progress: InstanceProgress) => void;
  /** Aborting it ends the handing over, not the leaving. */
  readonly signal?: AbortSignal;
}

/** A running agent. */
export class Agent {
  /** The node underneath, for everything that an agent adds nothing to. */
  readonly node: RnpNode;
  readonly #parts: AgentParts;
  readonly #following: Promise<void>;
  readonly #closing = new AbortController();
  #isLeaving = false;
  #closed: Promise<void> | undefined;

  /** Use `startAgent`. */
  constructor(parts: AgentParts) {
    this.node = parts.node;
    this.#parts = parts;
    this.#handleMessages();
    this.#following = this.#followControllers().catch((error: unknown) => {
      parts.logger.error({ error }, "the controllers are not followed any more");
    });
    parts.moves.start();
    parts.reporter.start();
  }

  /** What runs here. */
  instances(): RunningInstance[] {
    return this.#parts.runner.running();
  }

  /** What is stored here, and where on this machine. */
  files(): ReturnType<FileStore["files"]> {
    return this.#parts.files?.files() ?? [];
  }

  /** Writes a file into the distributed filesystem, one replica of it here where files are stored. */
  writeFile(
    path: string,
    source: FileSource,
    options: Omit<WriteFileOptions, "localStore"> = {},
  ): Promise<WrittenFile> {
    return writeFile(this.node, path, source, { ...options, ...this.#localStore() });
  }

  /** Reads a file of the distributed filesystem into memory, from the nearest node that holds it. */
  readFile(path: string, options: Omit<ReadFileOptions, "localStore"> = {}): Promise<Uint8Array> {
    return readFile(this.node, path, { ...options, ...this.#localStore() });
  }

  /** The same piece by piece, for files of any size. */
  streamFile(
    path: string,
    options: Omit<ReadFileOptions, "localStore"> = {},
  ): AsyncIterableIterator<Uint8Array> {
    return streamFile(this.node, path, { ...options, ...this.#localStore() });
  }

  /**
   * Hands all instances over to another node, then leaves the cluster and ends, as `close` does. What could not
   * be moved within `transferTimeoutMs` is stopped here; the report names it. No instance is started here
   * from now on.
   */
  async leave(options: LeaveOptions): Promise<HandOverReport> {
    const { transferInstancesTo: to, transferTimeoutMs = TRANSFER_TIMEOUT_MS } = options;
    this.#isLeaving = true;
    const limits = [AbortSignal.timeout(transferTimeoutMs)];
    if (options.signal !== undefined) limits.push(options.signal);
    const report = await this.#handOver(options, AbortSignal.any(limits));
    const { drainMs, reason } = options;
    await this.close({
      transferInstancesTo: to,
      ...(drainMs === undefined ? {} : { drainMs }),
      ...(reason === undefined ? {} : { reason }),
    });
    return report;
  }

  /** Stops what runs here, tells the controller, leaves the cluster and ends. */
  close(options: CloseOptions = {}): Promise<void> {
    this.#closed ??= this.#close(options);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #handOver(
    { transferInstancesTo: to, reason = "shutdown", onProgress = () => {} }: LeaveOptions,
    signal: AbortSignal,
  ): Promise<HandOverReport> {
    const { node, moves, runner, logger } = this.#parts;
    const { instance, gossip } = node.peer(to);
    const from = { from: node.id, ...(node.address && { from_address: node.address }) };
    return handOver({
      instanceIds: this.instances().map(({ create }) => create.instance_id),
      order: (instance_id, until) => instance.move({ instance_id, ...from }, { signal: until }),
      announce: (instances) =>
        gossip.leave({ reason, transfer_instances_to: to, instances: [...instances] }),
      placeOf: (id) => (moves.departures.has(id) ? "held" : runner.has(id) ? "running" : "gone"),
      onProgress,
      logger,
      signal,
    });
  }

  #localStore(): { localStore?: FileStore } {
    const { files } = this.#parts;
    return files === undefined ? {} : { localStore: files };
  }

  #handleMessages(): void {
    const { node, runner, moves, files, metrics } = this.#parts;
    node.handle("instance.create", (create, { signal }) => {
      if (this.#isLeaving) throw new RnpError("UNAVAILABLE", "this node is leaving the cluster");
      moves.assertNot(create.instance_id);
      return runner.start(create, signal);
    });
    this.#handleMoves();
    const untilClosed = ({ signal }: HandlerContext) =>
      AbortSignal.any([signal, this.#closing.signal]);
    node.handle("log.subscribe", (query, context) =>
      runner.logs.entries(query, untilClosed(context)),
    );
    node.handle("metric.subscribe", ({ interval_ms = METRIC_INTERVAL_MS }, context) =>
      metrics.samples(interval_ms, untilClosed(context)),
    );
    if (files === undefined) return;
    node.handle("fs.write", (manifest) => files.write(manifest));
    // A chunk is on disk when its promise settles, and nothing keeps it.
    node.handle("fs.replicate", (chunk) => files.replicate(chunk), { borrows: true });
    node.handle("fs.read", (request) => files.read(request));
  }

  #handleMoves(): void {
    const { node, moves } = this.#parts;
    const { arrivals, departures } = moves;
    node.handle("instance.locate", ({ instance_id }) => moves.locate(instance_id));
    node.handle("instance.transfer", (request, { peer }) => departures.transfer(request, peer.id));
    node.handle("instance.handover", (data, { peer }) => departures.handover(data, peer.id));
    node.handle("instance.move", (order, { signal }) => arrivals.move(order, signal));
  }

  /**
   * A controller that is new, or back, is told everything at once. One that is lost is looked for at the
   * addresses that the agent joined by: started anew, it knows nobody.
   */
  async #followControllers(): Promise<void> {
    const { node, seeds, reporter } = this.#parts;
    for await (const { kind, member } of node.members()) {
      if (member.role !== "controller") continue;
      if (kind === "died" || kind === "left") node.join(seeds);
      if (kind === "joined" || kind === "restarted" || kind === "returned") reporter.reportSoon();
    }
  }

  async #close(options: CloseOptions): Promise<void> {
    const { node, runner, moves, notices, reporter } = this.#parts;
    await reporter.close();
    await moves.close();
    await runner.close();
    // Who reads on learns that it is over for now, and not that there is no more.
    this.#closing.abort(new RnpError("UNAVAILABLE", "this node is shutting down"));
    await notices.drain(LAST_NOTICES_MS);
    await node.close(options);
    await this.#following;
  }
}

const TRANSFER_TIMEOUT_MS = 300_000;
const METRIC_INTERVAL_MS = 1000;
/** How long the end waits for the controller to hear of the instances that were stopped. */
const LAST_NOTICES_MS = 2000;
