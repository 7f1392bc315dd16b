import { isRnpError, type Logger } from "../index.js";
import type { InstanceRequest } from "./instance-creator.js";

/** An instance that is to run always. Its name is its key. */
export type Deployment = Omit<InstanceRequest, "instance_id">;

export interface DeploymentsOptions {
  readonly deployments: readonly Deployment[];
  /** Places and starts; rejects when no node has room or the start fails. */
  readonly create: (request: InstanceRequest) => Promise<unknown>;
  /** Eight characters that make an instance id of a deployment unique. */
  readonly newSuffix: () => string;
  /** Milliseconds on any clock. */
  readonly now: () => number;
  readonly logger: Logger;
}

type State =
  | { readonly kind: "waiting"; readonly retryAtMs: number }
  | {
      readonly kind: "starting" | "running";
      readonly instanceId: string;
      readonly sinceMs: number;
    };

interface Entry {
  readonly deployment: Deployment;
  state: State;
  /** Failures in a row. What waits for room has not failed. */
  failureCount: number;
}

/**
 * Keeps a list of instances running: each is created as soon as a node has room, and again whenever it
 * ends. One that keeps failing is tried less and less often, at least every `RETRY_MS_MAX`.
 *
 * Instances of a deployment are called `NAME-SUFFIX`, so a controller that starts anew recognises those
 * that still run.
 */
export class Deployments {
  readonly #options: DeploymentsOptions;
  readonly #entries = new Map<string, Entry>();

  /** @throws RangeError on a name that is not unique, or that no instance id can begin with. */
  constructor(options: DeploymentsOptions) {
    this.#options = options;
    for (const deployment of options.deployments) {
      const { name } = deployment;
      if (!NAME.test(name) || this.#entries.has(name)) {
        throw new RangeError(
          `deployment ${JSON.stringify(name)}: expected a unique name like "web-1"`,
        );
      }
      const state: State = { kind: "waiting", retryAtMs: 0 };
      this.#entries.set(name, { deployment, state, failureCount: 0 });
    }
  }

  /** Starts what is due. Call it when time has passed. */
  handleTimeout(): void {
    for (const entry of this.#entries.values()) {
      const { state } = entry;
      if (state.kind === "waiting" && state.retryAtMs <= this.#options.now())
        void this.#start(entry);
    }
  }

  /** A node has reported: what waited for room need not wait longer. */
  handleRoom(): void {
    for (const entry of this.#entries.values()) {
      if (entry.state.kind === "waiting" && entry.failureCount === 0) void this.#start(entry);
    }
  }

  /** An instance runs that this controller did not start, perhaps one of ours from before. */
  handleFound(instanceId: string): void {
    const entry = this.#entries.get(instanceId.replace(/-[^-]*$/, ""));
    if (entry === undefined) return;
    const { state } = entry;
    if (state.kind === "waiting") {
      entry.state = { kind: "running", instanceId, sinceMs: this.#options.now() };
    } else if (state.instanceId !== instanceId) {
      const fields = { deployment: entry.deployment.name, instanceId, other: state.instanceId };
      this.#options.logger.warn(fields, "a deployment runs twice: its lost node is back");
    }
  }

  /** An instance has ended, or its node is lost. */
  handleEnded(instanceId: string): void {
    for (const entry of this.#entries.values()) {
      const { state } = entry;
      if (state.kind === "waiting" || state.instanceId !== instanceId) continue;
      const hasSettled = this.#options.now() - state.sinceMs >= SETTLED_MS;
      this.#wait(entry, hasSettled ? 1 : entry.failureCount + 1);
    }
  }

  async #start(entry: Entry): Promise<void> {
    const { create, newSuffix, now, logger } = this.#options;
    const { deployment } = entry;
    const instanceId = `${deployment.name}-${newSuffix()}`;
    const starting: State = { kind: "starting", instanceId, sinceMs: now() };
    entry.state = starting;
    try {
      await create({ ...deployment, instance_id: instanceId });
      // It may have ended already: that word can be quicker than the answer.
      if (entry.state === starting) entry.state = { ...starting, kind: "running" };
    } catch (error) {
      const isShort = isRnpError(error) && error.code === "RESOURCE_EXHAUSTED";
      const fields = { deployment: deployment.name, error };
      if (isShort) logger.debug(fields, "a deployment waits for a node with room");
      else logger.warn(fields, "a deployment could not be started");
      if (entry.state === starting) this.#wait(entry, isShort ? 0 : entry.failureCount + 1);
    }
  }

  #wait(entry: Entry, failureCount: number): void {
    const delayMs = Math.min(RETRY_MS_MAX, RETRY_MS_MIN * 3 ** Math.max(0, failureCount - 1));
    entry.failureCount = failureCount;
    entry.state = { kind: "waiting", retryAtMs: this.#options.now() + delayMs };
  }
}

/** With its suffix it has to be an instance id. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,117}$/;
const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 30_000;
/** One that ran for this long did not fail at its start. */
const SETTLED_MS = 10_000;
