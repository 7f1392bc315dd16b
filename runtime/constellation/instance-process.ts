import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { constants } from "node:os";
import { performance } from "node:perf_hooks";
import { finished } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { InstanceOutput } from "../index.js";
import { isGroupAlive, signalGroup } from "./process-group.js";

/** Where the output of a process goes. */
export interface OutputSink {
  /** Takes what was printed, at once: a process does not wait for whoever keeps or reads its output. */
  write(output: InstanceOutput, chunk: Buffer): void;
  /** There is no more. Settles when all of it is kept. */
  end(): Promise<void>;
}

export interface Launch {
  readonly command: readonly [string, ...string[]];
  /** The whole environment; nothing of the agent's own is added. */
  readonly env: Readonly<Record<string, string>>;
  readonly folder: string;
  /** Is ended with the process. */
  readonly log: OutputSink;
}

/** Why a process ended: `exited` by itself, `failed` by itself, `terminated` as asked, `killed` by force. */
export type EndReason = "exited" | "failed" | "terminated" | "killed";

export interface End {
  /** 128 and the number of the signal where a signal ended it. */
  readonly exitCode: number;
  readonly reason: EndReason;
}

/** One process that runs for an instance, with everything it starts itself. */
export class InstanceProcess {
  readonly pid: number;
  /** Settles when the process has ended, nothing of its group is left and its output is written. */
  readonly ended: Promise<End>;
  /** Until when those who are left of the group may take their time; 0 when nobody asked it to stop. */
  #patienceUntilMs = 0;

  private constructor(child: ChildProcess, pid: number, log: OutputSink) {
    this.pid = pid;
    for (const output of ["stdout", "stderr"] as const) {
      child[output]?.on("data", (chunk: Buffer) => log.write(output, chunk));
    }
    this.ended = this.#follow(child, log);
  }

  /** Starts the process; rejects when the system cannot. */
  static async start({ command, env, folder, log }: Launch): Promise<InstanceProcess> {
    const [program, ...parameters] = command;
    const child = spawn(program, parameters, {
      cwd: folder,
      env,
      stdio: ["ignore", "pipe", "pipe"],
      // A process group of its own: what it starts is stopped with it.
      detached: true,
    });
    if (child.pid === undefined) await once(child, "spawn");
    return new InstanceProcess(child, child.pid!, log);
  }

  /** Asks it to end with SIGTERM, and makes it end after `graceMs`. */
  async stop(graceMs: number): Promise<End> {
    this.#patienceUntilMs = performance.now() + graceMs;
    signalGroup(this.pid, "SIGTERM");
    const force = setTimeout(() => this.kill(), graceMs);
    return this.ended.finally(() => clearTimeout(force));
  }

  /** Ends it at once, with everything it started. */
  kill(): void {
    signalGroup(this.pid, "SIGKILL");
  }

  async #follow(child: ChildProcess, log: OutputSink): Promise<End> {
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    const isAsked = this.#patienceUntilMs > 0;
    await this.#endGroup();
    await drain(child);
    await log.end();
    if (signal === null) {
      const reason = isAsked ? "terminated" : code === 0 ? "exited" : "failed";
      return { exitCode: code ?? 0, reason };
    }
    const reason = isAsked && signal !== "SIGKILL" ? "terminated" : "killed";
    return { exitCode: 128 + constants.signals[signal], reason };
  }

  /** The leader is gone. Others of its group get the rest of the patience, then none is left. */
  async #endGroup(): Promise<void> {
    while (performance.now() < this.#patienceUntilMs && (await isGroupAlive(this.pid))) {
      await sleep(GROUP_POLL_MS);
    }
    this.kill();
  }
}

/** Waits for the last output. Somebody who left the group may hold the pipe open: not for ever. */
async function drain({ stdout, stderr }: ChildProcess): Promise<void> {
  const ends = [stdout, stderr].map(
    (stream) => stream && new Promise<void>((resolve) => finished(stream, () => resolve())),
  );
  const patience = new AbortController();
  const late = sleep(DRAIN_MS, undefined, { signal: patience.signal }).catch(() => {});
  await Promise.race([Promise.all(ends), late]);
  patience.abort();
  stdout?.destroy();
  stderr?.destroy();
}

const DRAIN_MS = 500;
const GROUP_POLL_MS = 10;
