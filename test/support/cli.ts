import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach } from "vitest";

/** The built command line, as a user runs it. */
const MAIN = fileURLToPath(new URL("../../dist/runtime/cli/main.js", import.meta.url));

export interface RnpOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** Given to standard input; without it that is closed. */
  readonly input?: string | Uint8Array;
  readonly cwd?: string;
  /** How many files, sockets included, the process may have open. */
  readonly openFilesMax?: number;
}

export interface RnpResult {
  /** The exit status, `null` where a signal ended it. */
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const running = new Set<RnpProcess>();

afterEach(async () => {
  await Promise.all([...running].map((rnp) => rnp.kill()));
});

/** Runs `rnp` to its end. */
export async function runRnp(parameters: readonly string[], options?: RnpOptions) {
  return new RnpProcess(parameters, options).ended;
}

/** Starts `rnp`; what still runs after the test is killed. */
export function startRnp(parameters: readonly string[], options?: RnpOptions): RnpProcess {
  return new RnpProcess(parameters, options);
}

/** The value of each line that was printed with `--json`. */
export function jsonLines(stdout: string): Record<string, unknown>[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));
}

/** Looks again and again; a test that waits in vain ends by its own time limit. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** `command`, under a limit that it cannot lift. */
function limited(openFilesMax: number, command: readonly string[]): string[] {
  return ["sh", "-c", `ulimit -n ${openFilesMax}; exec "$@"`, "sh", ...command];
}

/** One process of the command line. */
export class RnpProcess {
  readonly pid: number;
  readonly ended: Promise<RnpResult>;
  readonly #child: ChildProcess;
  #stdout = "";
  #stderr = "";

  constructor(parameters: readonly string[], options: RnpOptions = {}) {
    const { env, input, cwd, openFilesMax } = options;
    const stdio = [input === undefined ? "ignore" : "pipe", "pipe", "pipe"] as const;
    const command = [process.execPath, MAIN, ...parameters];
    const [program, ...rest] =
      openFilesMax === undefined ? command : limited(openFilesMax, command);
    this.#child = spawn(program!, rest, {
      stdio: [...stdio],
      env: { ...process.env, ...env },
      ...(cwd === undefined ? {} : { cwd }),
    });
    this.pid = this.#child.pid!;
    this.#child.stdin?.end(input);
    this.#child.stdout!.setEncoding("utf8").on("data", (text) => (this.#stdout += text));
    this.#child.stderr!.setEncoding("utf8").on("data", (text) => (this.#stderr += text));
    this.ended = this.#follow();
    running.add(this);
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /** The first line of standard output. Rejects when the process ends before. */
  async firstLine(): Promise<string> {
    while (!this.#stdout.includes("\n")) {
      if (this.#child.exitCode !== null) throw new Error(`it ended: ${this.#stderr}`);
      await Promise.race([once(this.#child.stdout!, "data"), this.ended]);
    }
    return this.#stdout.slice(0, this.#stdout.indexOf("\n"));
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  async #follow(): Promise<RnpResult> {
    const [status] = (await once(this.#child, "close")) as [number | null];
    running.delete(this);
    return { status, stdout: this.#stdout, stderr: this.#stderr };
  }
}
