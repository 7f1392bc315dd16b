import { readdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { MESSAGES } from "../../../runtime/index.js";
import { temporaryFolder } from "../../support/certificates.js";
import { jsonLines, startRnp, until } from "../../support/cli.js";

const UNWANTED = ["error", "gossip.suspect"];
const WANTED = [...MESSAGES.keys()].filter((type) => !UNWANTED.includes(type));

interface Summary {
  ok: boolean;
  problems: string[];
  members: number;
  replicas_verified: number;
  service_calls: number;
  messages: Record<string, { sent: number; received: number; p50_ms: number; p99_ms: number }>;
}

function pidsIn(stdout: string): number[] {
  return jsonLines(stdout).flatMap(({ pid }) => (typeof pid === "number" ? [pid] : []));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("rnp up", () => {
  it("has a whole constellation at work and leaves nothing behind", {
    timeout: 60_000,
  }, async () => {
    const TMPDIR = await temporaryFolder();
    const rnp = startRnp(["up", "--nodes", "3", "--for", "10", "--json"], { env: { TMPDIR } });
    const { status, stdout, stderr } = await rnp.ended;
    const summary = jsonLines(stdout).at(-1) as unknown as Summary;
    expect(summary).toMatchObject({ event: "summary", ok: true, complete: true, problems: [] });
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    expect(summary.members).toBe(4);
    expect(summary.replicas_verified).toBeGreaterThanOrEqual(3);
    expect(summary.service_calls).toBeGreaterThanOrEqual(1);

    const received = WANTED.map((type) => [type, summary.messages[type]!.received]);
    expect(received.filter(([, count]) => count === 0)).toEqual([]);
    expect(WANTED).toHaveLength(43);
    const { p50_ms, p99_ms } = summary.messages.ping!;
    expect(p50_ms).toBeGreaterThan(0);
    expect(p99_ms).toBeGreaterThanOrEqual(p50_ms);

    // Four members and the instance.
    const pids = pidsIn(stdout);
    expect(pids).toHaveLength(5);
    expect(pids.filter(isRunning)).toEqual([]);
    expect(await readdir(TMPDIR)).toEqual([]);
  });

  it("stops everything on Ctrl-C, and ends well", { timeout: 60_000 }, async () => {
    const TMPDIR = await temporaryFolder();
    const rnp = startRnp(["up", "--nodes", "1", "--for", "60"], { env: { TMPDIR } });
    await until(() => rnp.stdout.includes("verified on node-1"));
    rnp.signal("SIGINT");
    const { status, stdout } = await rnp.ended;
    expect(status).toBe(0);
    expect(stdout).toContain("nothing is left behind");
    expect(await readdir(TMPDIR)).toEqual([]);
  });

  it("is content with a single node", { timeout: 60_000 }, async () => {
    const rnp = startRnp(["up", "--nodes", "1", "--for", "3", "--json"]);
    const { status, stdout } = await rnp.ended;
    expect(jsonLines(stdout).at(-1)).toMatchObject({ ok: true, complete: true, problems: [] });
    expect(status).toBe(0);
  });

  it("says which member died, and how, and fails", { timeout: 60_000 }, async () => {
    const rnp = startRnp(["up", "--nodes", "2", "--for", "60", "--json"]);
    await until(() => rnp.stdout.includes("file_written"));
    const started = jsonLines(rnp.stdout.slice(0, rnp.stdout.lastIndexOf("\n")));
    const victim = started.find(
      ({ event, node }) => event === "process_started" && node === "node-2",
    );
    process.kill(victim!.pid as number, "SIGKILL");
    const { status, stdout } = await rnp.ended;
    expect(status).toBe(1);
    const { problems } = jsonLines(stdout).at(-1) as unknown as Summary;
    expect(problems).toEqual(["node-2 ended with SIGKILL: it said nothing"]);
    expect(pidsIn(stdout).filter(isRunning)).toEqual([]);
  });

  it("takes its members and its folder along when it is killed", { timeout: 60_000 }, async () => {
    const TMPDIR = await temporaryFolder();
    const parameters = ["up", "--nodes", "2", "--for", "60", "--json"];
    const rnp = startRnp(parameters, { env: { TMPDIR } });
    await until(() => rnp.stdout.includes("file_written"));
    await rnp.kill();
    const pids = pidsIn(rnp.stdout.slice(0, rnp.stdout.lastIndexOf("\n")));
    expect(pids).toHaveLength(4);
    await until(() => !pids.some(isRunning));
    expect(await readdir(TMPDIR)).toEqual([]);
  });
});
