import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type {
  Input,
  LogEntry,
  MemberMessage,
  Output,
  Stats,
  TaskMessage,
  TaskName,
  Telemetry,
} from "./ipc.js";

/** What a member process reports unasked. */
export interface MemberObserver {
  onTelemetry(node: string, telemetry: Telemetry): void;
  onLog(node: string, entry: LogEntry): void;
  /** It ended although nobody told it to. `text` says how, with the last lines it wrote. */
  onDied(node: string, text: string): void;
}

interface Waiting {
  resolve(output: unknown): void;
  reject(error: Error): void;
}

/** One member of the constellation in a process of its own, as seen from `rnp up`. */
export class MemberProcess {
  readonly node: string;
  readonly pid: number | undefined;
  /** Settles when the process is gone. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcess;
  readonly #observer: MemberObserver;
  readonly #waiting = new Map<number, Waiting>();
  #taskCount = 0;
  #isClosing = false;
  #hasEnded = false;
  #lastWords = "";

  constructor(node: string, observer: MemberObserver) {
    this.node = node;
    this.#observer = observer;
    this.#child = fork(fileURLToPath(import.meta.resolve("./member.js")), [node], {
      execArgv: [],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.pid = this.#child.pid;
    this.#child.on("message", (message) => this.#handle(message as MemberMessage));
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS_LENGTH_MAX);
    });
    // After "close" its output is complete, unlike after "exit".
    this.ended = new Promise((resolve) => this.#child.once("close", () => resolve()));
    this.#child.once("close", (code, signal) => this.#handleEnd(signal ?? `status ${code}`));
    this.#child.once("error", (error) => this.#handleEnd(error.message));
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Has the member do something; rejects with its error, or when it ends before it is done. */
  do<Name extends TaskName>(name: Name, input: Input<Name>): Promise<Output<Name>> {
    const id = ++this.#taskCount;
    const output = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
    });
    const message: TaskMessage = { id, name, input };
    this.#child.send(message, (error) => {
      if (error !== null) this.#take(id)?.reject(new Error(`${this.node} has ended`));
    });
    return output as Promise<Output<Name>>;
  }

  /**
   * Has the member leave the cluster, and settles when its process is gone, with its last statistics.
   * One that does not manage in time is killed, and that is an error.
   */
  async close(): Promise<Stats> {
    this.#isClosing = true;
    const force = setTimeout(() => this.#child.kill("SIGKILL"), CLOSE_TIMEOUT_MS);
    try {
      const stats = await this.do("close", undefined);
      await this.ended;
      return stats;
    } finally {
      clearTimeout(force);
    }
  }

  #handle(message: MemberMessage): void {
    switch (message.kind) {
      case "done":
        return this.#take(message.id)?.resolve(message.output);
      case "failed":
        return this.#take(message.id)?.reject(new Error(`${this.node}: ${message.text}`));
      case "telemetry":
        return this.#observer.onTelemetry(this.node, message.telemetry);
      case "log":
        return this.#observer.onLog(this.node, message.entry);
    }
  }

  #handleEnd(how: string): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const lines = this.#lastWords.trim().split("\n").slice(-LAST_WORDS_COUNT_MAX);
    const text = `${this.node} ended with ${how}: ${lines.join("\n  ") || "it said nothing"}`;
    for (const id of [...this.#waiting.keys()]) this.#take(id)?.reject(new Error(text));
    if (!this.#isClosing) this.#observer.onDied(this.node, text);
  }

  #take(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}

/** Longer than a member's own patience with its instances and peers. */
const CLOSE_TIMEOUT_MS = 15_000;
const LAST_WORDS_LENGTH_MAX = 4000;
const LAST_WORDS_COUNT_MAX = 10;
