import { stat } from "node:fs/promises";
import { type LogEntry, type LogSubscribe, RnpError } from "../index.js";
import { instanceFolder } from "./instance-folder.js";
import { InstanceLog, type InstanceLogOptions } from "./instance-log.js";
import { readLog } from "./log-reader.js";

export interface InstanceLogsOptions extends Omit<InstanceLogOptions, "folder"> {
  readonly dataDir: string;
}

/**
 * The logs of all instances whose folders are here, of those that run and those that have ended. There is
 * one log for each, so that writers and readers meet, and a reader stays when an instance is started again.
 */
export class InstanceLogs {
  readonly #options: InstanceLogsOptions;
  readonly #logs = new Map<string, Promise<InstanceLog>>();

  constructor(options: InstanceLogsOptions) {
    this.#options = options;
  }

  /** The log of an instance whose folder is there. */
  open(instanceId: string): Promise<InstanceLog> {
    const known = this.#logs.get(instanceId);
    if (known !== undefined) return known;
    const { dataDir, ...options } = this.#options;
    const log = InstanceLog.open({ ...options, folder: instanceFolder(dataDir, instanceId) });
    this.#logs.set(instanceId, log);
    log.catch(() => this.#logs.delete(instanceId));
    return log;
  }

  /** Ends the readers of an instance whose folder is about to be removed. */
  remove(instanceId: string): void {
    const log = this.#logs.get(instanceId);
    this.#logs.delete(instanceId);
    log?.then(
      (each) => each.remove(),
      () => {},
    );
  }

  /**
   * Answers `log.subscribe`.
   *
   * @throws RnpError `NOT_FOUND` where nothing is kept of the instance; the reason of `signal` when that aborts
   */
  async *entries(query: LogSubscribe, signal: AbortSignal): AsyncGenerator<LogEntry, void> {
    const { instance_id } = query;
    const folder = instanceFolder(this.#options.dataDir, instance_id);
    const isHere = await stat(folder).then(
      (each) => each.isDirectory(),
      () => false,
    );
    if (!isHere) throw unknownInstance(instance_id);
    const log = await this.open(instance_id);
    for await (const { isContinued, missed, ...line } of readLog(log, query, signal)) {
      yield {
        instance_id,
        ...line,
        ...(isContinued ? { is_continued: true } : {}),
        ...(missed > 0 ? { missed } : {}),
      };
    }
  }
}

function unknownInstance(id: string): RnpError {
  const text = `this node has no instance ${id}, and keeps no output of one that has ended`;
  return new RnpError("NOT_FOUND", text, { details: { kind: "instance", id } });
}
