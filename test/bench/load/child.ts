import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The functions that a module runs in a process of its own. What goes in and out is plain JSON. */
export type Part = Record<string, (...input: never[]) => unknown>;

/** A call to a child process. */
export interface Call {
  readonly id: number;
  readonly name: string;
  readonly input: readonly unknown[];
}

/** What came of it. */
export interface Outcome {
  readonly id: number;
  readonly output?: unknown;
  /** Why it failed. */
  readonly text?: string;
}

interface Waiting {
  resolve(output: unknown): void;
  reject(error: Error): void;
}

/**
 * A process that runs the exported functions of some modules for its parent. It ends with its parent,
 * however that ends. Options of Node, such as `--cpu-prof`, are handed down to it.
 */
export class Child<Functions extends Part> implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #waiting = new Map<number, Waiting>();
  #callCount = 0;
  /** How the process ended, once it has. */
  #end: Error | undefined;

  /** `modules` are names of files in this folder, without extension; no two may export one name. */
  constructor(...modules: readonly string[]) {
    this.#process = fork(fileURLToPath(import.meta.resolve("./child-main.js")), modules);
    this.#process.on("message", (outcome) => this.#handle(outcome as Outcome));
    this.#ended = new Promise((resolve) => {
      this.#process.once("exit", (status, signal) => {
        this.#handleEnd(new Error(`${modules.join(", ")} ended with ${signal ?? status}`));
        resolve();
      });
    });
  }

  /** Runs one of the child's functions there; fails where the process ends, or has ended, meanwhile. */
  async call<Name extends keyof Functions & string>(
    name: Name,
    ...input: Parameters<Functions[Name]>
  ): Promise<Awaited<ReturnType<Functions[Name]>>> {
    if (this.#end !== undefined) throw this.#end;
    const id = ++this.#callCount;
    let timer: NodeJS.Timeout | undefined;
    const output = new Promise<unknown>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      timer = setTimeout(() => reject(new Error(`${name} never ended`)), CALL_TIMEOUT_MS);
      this.#process.send({ id, name, input } satisfies Call, (error) => {
        if (error !== null) reject(error);
      });
    });
    return (await output.finally(() => clearTimeout(timer))) as Awaited<
      ReturnType<Functions[Name]>
    >;
  }

  /** Ends it without a word, as a crash does. */
  async kill(): Promise<void> {
    this.#process.kill("SIGKILL");
    await this.#ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.connected) this.#process.disconnect();
    const forced = setTimeout(() => this.#process.kill("SIGKILL"), END_PATIENCE_MS);
    await this.#ended;
    clearTimeout(forced);
  }

  #handle({ id, output, text }: Outcome): void {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    if (text === undefined) waiting?.resolve(output);
    else waiting?.reject(new Error(text));
  }

  #handleEnd(error: Error): void {
    this.#end = error;
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}

/** Longer than anything that a suite asks for; a child that hangs must not hang the benchmark. */
const CALL_TIMEOUT_MS = 180_000;
/** Writing a CPU profile takes a moment. */
const END_PATIENCE_MS = 10_000;
