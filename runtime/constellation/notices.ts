import { setTimeout as sleep } from "node:timers/promises";
import {
  type InstanceMoving,
  type InstanceStarted,
  type InstanceStopped,
  isRnpError,
  type Logger,
  type MeshDeregister,
  type MeshRegister,
} from "../index.js";

/** Something that the controller has to be told. */
export type Notice =
  | { readonly type: "instance.started"; readonly data: InstanceStarted }
  | { readonly type: "instance.stopped"; readonly data: InstanceStopped }
  | { readonly type: "instance.moving"; readonly data: InstanceMoving }
  | { readonly type: "mesh.register"; readonly data: MeshRegister }
  | { readonly type: "mesh.deregister"; readonly data: MeshDeregister };

export interface NoticesOptions {
  /** Tells the controller; settles when it has confirmed. */
  readonly send: (notice: Notice) => Promise<void>;
  readonly logger: Logger;
  /** Notices that may wait while the controller is away. Default 10,000, then the oldest is lost. */
  readonly countMax?: number;
}

/**
 * What the controller has yet to be told, in order: a notice waits until the one before it is confirmed. A
 * controller that is away is tried again with the next `flush`; what it refuses for good is logged.
 */
export class Notices {
  readonly #options: NoticesOptions;
  readonly #waiting: Notice[] = [];
  #flushing: Promise<void> | undefined;

  constructor(options: NoticesOptions) {
    this.#options = options;
  }

  /** How many have not been confirmed. */
  get count(): number {
    return this.#waiting.length;
  }

  add(notice: Notice): void {
    const { countMax = 10_000, logger } = this.#options;
    if (this.#waiting.length >= countMax) {
      const lost = this.#waiting.splice(this.#flushing === undefined ? 0 : 1, 1);
      logger.error({ lost }, "a notice to the controller is lost: too many are waiting");
    }
    this.#waiting.push(notice);
    this.flush();
  }

  /** Tries what is waiting, unless that is being done. */
  flush(): void {
    this.#flushing ??= this.#sendAll().finally(() => {
      this.#flushing = undefined;
    });
  }

  /** Waits until all are confirmed or the controller could not be reached, but not longer than this. */
  async drain(timeoutMs: number): Promise<void> {
    this.flush();
    const patience = new AbortController();
    const late = sleep(timeoutMs, undefined, { signal: patience.signal }).catch(() => {});
    await Promise.race([this.#flushing, late]);
    patience.abort();
    if (this.#waiting.length === 0) return;
    const fields = { count: this.#waiting.length };
    this.#options.logger.warn(fields, "the controller was not told everything");
  }

  async #sendAll(): Promise<void> {
    for (let notice = this.#waiting[0]; notice !== undefined; notice = this.#waiting[0]) {
      try {
        await this.#options.send(notice);
      } catch (error) {
        const { type, data } = notice;
        if (isRnpError(error) && error.retryable) {
          this.#options.logger.debug({ type, error }, "the controller could not be told yet");
          return;
        }
        this.#options.logger.error({ type, data, error }, "the controller refused a notice");
      }
      this.#waiting.shift();
    }
  }
}
