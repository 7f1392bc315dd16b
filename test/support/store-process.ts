import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach } from "vitest";

const WRITER = fileURLToPath(new URL("../../dist/test/support/store-writer.js", import.meta.url));

const running = new Set<StoreProcess>();

afterEach(async () => {
  await Promise.all([...running].map((one) => one.kill()));
});

/** A process that writes to a store, as `store-writer.ts` says. */
export class StoreProcess {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  readonly #lines: string[] = [];
  #onLine = () => {};

  /** @param wrapper the command that runs it, such as a limit or a tracer */
  constructor(parameters: readonly string[], wrapper: readonly string[] = []) {
    const [command = "", ...rest] = [...wrapper, process.execPath, WRITER, ...parameters];
    this.#child = spawn(command, rest, { stdio: ["ignore", "pipe", "ignore"] });
    const lines = createInterface(this.#child.stdout!);
    lines.on("line", (line) => {
      this.#lines.push(line);
      this.#onLine();
    });
    this.#ended = Promise.all([once(this.#child, "exit"), once(lines, "close")]);
    running.add(this);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** All that it has printed. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** The highest number that it has said to be durable. */
  get lastAcked(): number {
    const acked = this.#lines.filter((line) => line.startsWith("acked "));
    return Number(acked.at(-1)?.slice("acked ".length) ?? 0);
  }

  /** Settles when it has printed `count` lines, or has ended. */
  async printed(count: number): Promise<void> {
    const enough = new Promise<void>((resolve) => {
      this.#onLine = () => {
        if (this.#lines.length >= count) resolve();
      };
    });
    await Promise.race([enough, this.#ended]);
  }

  async ended(): Promise<void> {
    await this.#ended;
    running.delete(this);
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended();
  }
}
