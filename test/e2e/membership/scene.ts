import { readFile } from "node:fs/promises";
import { join as joinPath } from "node:path";
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { createNode, type RnpNode, type SyncResponse } from "../../../runtime/index.js";
import {
  temporaryFolder,
  testCertificate,
  testCertificateFiles,
} from "../../support/certificates.js";
import { jsonLines, type RnpProcess, startRnp } from "../../support/cli.js";
import { freeAddress, startProxy, type TestProxy } from "../../support/proxy.js";

const DETOUR = new URL("../../../dist/test/support/detour.js", import.meta.url).href;

export type Row = SyncResponse["members"][number];

/** What one process told of a member. */
export interface Told {
  readonly kind: string;
  readonly node: string;
}

export interface StartOptions {
  readonly join?: readonly string[];
  /** Further ones. */
  readonly parameters?: readonly string[];
  /** A peer that is reached through a proxy. */
  readonly detour?: { readonly to: string; readonly proxy: TestProxy };
}

/** Daemons of the command line, and one client that looks into their tables. */
export class Scene {
  readonly #parameters: readonly string[];
  readonly #client: RnpNode;
  readonly #processes = new Map<string, RnpProcess>();
  readonly #addresses = new Map<string, string>();
  readonly #folders = new Map<string, string>();

  private constructor(parameters: readonly string[], client: RnpNode) {
    this.#parameters = parameters;
    this.#client = client;
  }

  /** `parameters`: of every daemon. */
  static async open(...parameters: string[]): Promise<Scene> {
    const identity = await testCertificate({ id: "operator" });
    const client = await createNode({ identity });
    onTestFinished(() => client.close({ drainMs: 100 }));
    return new Scene(parameters, client);
  }

  /** Where a daemon listens, or will. */
  async addressOf(id: string): Promise<string> {
    const known = this.#addresses.get(id) ?? (await freeAddress());
    this.#addresses.set(id, known);
    return known;
  }

  /** Starts a daemon, or starts it again with what it kept; settles when it listens. */
  async start(id: string, options: StartOptions = {}): Promise<RnpProcess> {
    const { join = [], parameters = [], detour } = options;
    const role = id.startsWith("controller") ? "controller" : "node";
    const { cert, key, ca } = await testCertificateFiles({ id, role });
    const folder = this.#folders.get(id) ?? (await temporaryFolder());
    this.#folders.set(id, folder);
    const rnp = startRnp(
      [
        ...[role, "--json", "--listen", await this.addressOf(id), "--data", folder],
        ...["--cert", cert, "--key", key, "--ca", ca],
        ...join.flatMap((address) => ["--join", address]),
        ...this.#parameters,
        ...parameters,
      ],
      detour === undefined ? {} : { env: await detoured(this, detour) },
    );
    this.#processes.set(id, rnp);
    await rnp.firstLine();
    return rnp;
  }

  process(id: string): RnpProcess {
    return this.#processes.get(id)!;
  }

  /** Whether so many addresses are on the disk of a daemon. */
  async remembersAll(id: string, count: number): Promise<boolean> {
    const path = joinPath(this.#folders.get(id)!, "members.json");
    const text = await readFile(path, "utf8").catch(() => "{}");
    return (JSON.parse(text) as { addresses?: string[] }).addresses?.length === count;
  }

  /** A proxy in front of a daemon, for those who are to reach it by a detour. */
  async proxyOf(id: string): Promise<TestProxy> {
    return startProxy(await this.addressOf(id));
  }

  /** The table of one daemon. */
  async tableOf(id: string): Promise<Row[]> {
    const peer = await this.#client.peerAt(await this.addressOf(id));
    const { members } = await peer.sync.request({ services_hash: "0000000000000000" });
    return members;
  }

  /** The states of all members, as one daemon has them: `node-1 alive`, sorted. */
  async statesOf(id: string): Promise<string[]> {
    return (await this.tableOf(id)).map(({ node, state }) => `${node} ${state}`).sort();
  }

  /** All that a process has told of members so far. */
  toldBy(id: string): Told[] {
    const lines = jsonLines(this.process(id).stdout.replace(/[^\n]*$/, ""));
    return lines.filter(({ event }) => event === "member") as unknown as Told[];
  }

  /**
   * Looks into the tables of all of `ids` until each has these states; gives how long that took.
   *
   * @throws what the last table had, where it took longer than `withinMs`
   */
  async untilAll(ids: readonly string[], expected: readonly string[], withinMs: number) {
    const startedAtMs = performance.now();
    for (const id of ids) {
      for (;;) {
        const states = await this.statesOf(id);
        const tookMs = performance.now() - startedAtMs;
        if (expected.every((state) => states.includes(state))) break;
        if (tookMs > withinMs) throw new Error(`${id} after ${tookMs} ms: ${states.join(", ")}`);
        await new Promise((resolve) => setTimeout(resolve, LOOK_INTERVAL_MS));
      }
    }
    return performance.now() - startedAtMs;
  }
}

async function detoured(scene: Scene, { to, proxy }: NonNullable<StartOptions["detour"]>) {
  const [direct, detour] = [await scene.addressOf(to), proxy.address].map(portOf);
  return {
    NODE_OPTIONS: `--import ${fileURLToPath(DETOUR)}`,
    RNP_DETOUR: `${direct}:${detour}`,
  };
}

function portOf(address: string): string {
  return address.split(":").at(-1)!;
}

const LOOK_INTERVAL_MS = 50;
