import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach } from "vitest";
import type { ReceiverOrders, SenderOrders } from "./orders.js";

export type Role = "sender" | "receiver";

const lives = new Set<Life>();

afterEach(async () => {
  await Promise.all([...lives].map((life) => life.kill()));
});

/**
 * One life of a side: a process that has loaded all it needs and begins when it gets its orders. It ends when it
 * is killed, at the latest after the test, and by itself when the test's own process has ended.
 */
export class Life {
  /** Settles when it is gone and all that it had said has been heard. */
  readonly #gone: Promise<unknown>;
  readonly #child: ChildProcess;
  readonly #onLine: (line: string) => void;
  readonly #onFault: (error: Error) => void;
  #errors = "";
  #isKilled = false;
  #firstLine = () => {};

  /** Hears of the first thing that it says. */
  readonly atWork = new Promise<void>((resolve) => {
    this.#firstLine = resolve;
  });

  /** `onFault` hears where it ends without having been killed. */
  constructor(role: Role, onLine: (line: string) => void, onFault: (error: Error) => void) {
    this.#onLine = onLine;
    this.#onFault = onFault;
    this.#child = fork(programOf(role), [], {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      execArgv: [],
    });
    const lines = createInterface(this.#child.stdout!);
    lines.on("line", (line) => this.#hear(line));
    this.#child.stderr!.on("data", (text) => {
      this.#errors += text;
    });
    this.#gone = Promise.all([once(this.#child, "close"), once(lines, "close")]);
    void this.#gone.then(() => this.#handleEnd(role));
    lives.add(this);
  }

  /** The first orders begin its life. */
  tell(orders: ReceiverOrders | SenderOrders | "finish"): void {
    this.#child.send(orders);
  }

  /** SIGKILL. */
  async kill(): Promise<void> {
    this.#isKilled = true;
    this.#child.kill("SIGKILL");
    await this.#gone;
  }

  #hear(line: string): void {
    this.#firstLine();
    this.#onLine(line);
  }

  #handleEnd(role: Role): void {
    lives.delete(this);
    if (this.#isKilled) return;
    const { exitCode, signalCode } = this.#child;
    this.#onFault(new Error(`the ${role} ended with ${signalCode ?? exitCode}: ${this.#errors}`));
  }
}

function programOf(role: Role): string {
  return fileURLToPath(new URL(`../../../dist/test/e2e/crash/${role}.js`, import.meta.url));
}
