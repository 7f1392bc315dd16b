import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach } from "vitest";
import type { CertificatePaths } from "../../runtime/security/certificate-files.js";
import { testCertificateFiles } from "./certificates.js";

/** Debian's Python, which has the packages; another one may be named. */
export const PYTHON = process.env.RNP_PYTHON ?? "/usr/bin/python3";
export const PYTHON_FOLDER = fileURLToPath(new URL("../interop/python", import.meta.url));
const MODULES = "import sys, lz4.block, jsonschema, msgpack; assert sys.version_info >= (3, 11)";

/** Why the Python peer cannot run here, or `undefined` where it can. */
export const withoutPython = missing();

function missing(): string | undefined {
  const found = spawnSync(PYTHON, ["-c", MODULES], { encoding: "utf8" });
  if (found.status === 0) return undefined;
  return `${PYTHON} >= 3.11 with python3-msgpack, python3-lz4, python3-jsonschema is missing; make interop installs them`;
}

export interface PythonOptions {
  readonly role?: "node" | "controller";
  /** Default: all that it knows. */
  readonly capabilities?: readonly string[];
  readonly windowBytes?: number;
  readonly join?: string;
  readonly heartbeatMs?: number;
  /** In place of a certificate of the test's CA. */
  readonly files?: CertificatePaths;
}

/** What the Python peer says of an error. */
export class PythonError extends Error {
  readonly code: string;
  readonly details: Record<string, unknown>;
  readonly outcome: string | undefined;

  constructor(error: { code: string; message: string; details?: object; outcome?: string }) {
    super(`${error.code}: ${error.message}`);
    this.code = error.code;
    this.details = { ...error.details };
    this.outcome = error.outcome;
  }
}

/** A message that the Python peer has handled. */
export interface PythonReceived {
  readonly type: string;
  readonly from: string;
  readonly id: string;
  readonly data: Record<string, unknown>;
}

/** What the Python peer tells of one of its connections. */
export interface PythonConnection {
  readonly peer: string;
  readonly is_usable: boolean;
  readonly credit_bytes: number | null;
  readonly sent_compressed: number;
  readonly received_compressed: number;
  readonly dropped: number;
}

interface Answer {
  readonly id: number;
  readonly ok?: unknown;
  readonly error?: ConstructorParameters<typeof PythonError>[0];
}

const running = new Set<PythonPeer>();

afterEach(async () => {
  await Promise.all([...running].map((peer) => peer.kill()));
});

/** Starts the Python peer as `id`; what still runs after the test is killed. */
export async function startPython(id: string, options: PythonOptions = {}): Promise<PythonPeer> {
  const { role = "node", capabilities, windowBytes, join, heartbeatMs } = options;
  const { cert, key, ca } = options.files ?? (await testCertificateFiles({ id, role }));
  const words = ["serve", "--cert", cert, "--key", key, "--ca", ca];
  if (capabilities !== undefined) words.push("--capabilities", capabilities.join(","));
  if (windowBytes !== undefined) words.push("--window-bytes", `${windowBytes}`);
  if (join !== undefined) words.push("--join", join);
  if (heartbeatMs !== undefined) words.push("--heartbeat-ms", `${heartbeatMs}`);
  const peer = new PythonPeer(id, words);
  await peer.listening;
  return peer;
}

/** One process of the Python peer, which does what it is told line by line. */
export class PythonPeer {
  readonly id: string;
  /** Settles when it listens. */
  readonly listening: Promise<void>;
  address = "";
  stderr = "";
  readonly ended: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #count = 0;

  constructor(id: string, words: readonly string[]) {
    this.id = id;
    const env = { ...process.env, PYTHONPATH: PYTHON_FOLDER, PYTHONDONTWRITEBYTECODE: "1" };
    this.#child = spawn(PYTHON, ["-m", "rnp_peer", ...words], { env });
    this.#child.stderr!.setEncoding("utf8").on("data", (text) => (this.stderr += text));
    this.ended = this.#follow();
    const lines = createInterface(this.#child.stdout!);
    this.listening = this.#first(lines);
    lines.on("line", (line) => this.#hear(JSON.parse(line)));
    running.add(this);
  }

  /** Has it do something; rejects with a `PythonError`. Commands run side by side. */
  do(word: "received"): Promise<PythonReceived[]>;
  do(word: "connections"): Promise<PythonConnection[]>;
  do<Result>(word: string, fields?: object): Promise<Result>;
  async do(word: string, fields: object = {}): Promise<unknown> {
    const id = ++this.#count;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#child.stdin!.write(`${JSON.stringify({ id, do: word, ...fields })}\n`);
    const { ok, error } = await answered;
    if (error !== undefined) throw new PythonError(error);
    return ok;
  }

  /** Dials, and gives whom it found there. */
  dial(address: string): Promise<{ peer: string; role: string; capabilities: string[] }> {
    return this.do("dial", { address });
  }

  /** Ends its input: it leaves its cluster, says goodbye and ends. Gives its exit status. */
  async stop(): Promise<number | null> {
    this.#child.stdin!.end();
    return this.ended;
  }

  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.ended;
  }

  async #first(lines: NodeJS.EventEmitter): Promise<void> {
    const line = await Promise.race([once(lines, "line"), this.ended]);
    if (!Array.isArray(line)) throw new Error(`it ended: ${this.stderr}`);
    this.address = JSON.parse(line[0]).address;
  }

  #hear(answer: Answer): void {
    this.#waiting.get(answer.id)?.(answer);
    this.#waiting.delete(answer.id);
  }

  async #follow(): Promise<number | null> {
    const [status] = (await once(this.#child, "close")) as [number | null];
    running.delete(this);
    const error = { code: "ENDED", message: this.stderr };
    for (const answer of this.#waiting.values()) answer({ id: 0, error });
    return status;
  }
}
