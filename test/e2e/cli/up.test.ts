import { readdir } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { MESSAGES } from "../../../runtime/index.js";
import { temporaryFolder } from "../../support/certificates.js";
import { jsonLines, startRnp, until } from "../../support/cli.js";

const UNWANTED = ["error", "gossip.probe", "gossip.probe_result", "gossip.suspect"];
const WANTED = [...MESSAGES.keys()].filter((type) => !UNWANTED.includes(type));

interface Summary {
  ok: boolean;
  problems: string[];
  members: number;
  replicas_verified: number;
  files_written: number;
  files_read: number;
  service_calls: number;
  instances_moved: number;
  output_lines: number;
  metric_samples: number;
  left_out: string[];
  messages: Record<string, { sent: number; received: number; p50_ms: number; p99_ms: number }>;
}

function pidsIn(stdout: string): number[] {
  const pids = jsonLines(stdout).flatMap(({ pid }) => (typeof pid === "number" ? [pid] : []));
  return [...new Set(pids)];
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
    expect(summary.files_read).toBe(summary.files_written);
    expect(summary.instances_moved).toBe(1);
    // Those around the move, and one in each round.
    expect(summary.service_calls).toBeGreaterThanOrEqual(5);
    expect(summary.output_lines).toBeGreaterThanOrEqual(4);
    expect(summary.metric_samples).toBe(2);
    expect(summary.left_out).toEqual([]);

    const received = WANTED.map((type) => [type, summary.messages[type]!.received]);
    expect(received.filter(([, count]) => count === 0)).toEqual([]);
    expect(WANTED).toHaveLength(43);
    const { p50_ms, p99_ms } = summary.messages.ping!;
    expect(p50_ms).toBeGreaterThan(0);
    expect(p99_ms).toBeGreaterThanOrEqual(p50_ms);

    // Four members, and the instance on one node and then on another.
    const pids = pidsIn(stdout);
    expect(pids).toHaveLength(6);
    expect(pids.filter(isRunning)).toEqual([]);
    expect(await readdir(TMPDIR)).toEqual([]);
  });

  it("moves the instance with all that it knows, and its output goes on where it stopped", {
    timeout: 60_000,
  }, async () => {
    const rnp = startRnp(["up", "--nodes", "2", "--for", "1", "--json"]);
    const { stdout } = await rnp.ended;
    const events = jsonLines(stdout);
    const of = (name: string) => events.filter(({ event }) => event === name);
    const [started] = of("instance_started");
    const [moved] = of("instance_moved");
    expect(moved).toMatchObject({ from: started!.node, by: "controller" });
    expect(moved!.to).not.toBe(moved!.from);
    const places = of("instance_located").map(({ node }) => node);
    expect(places).toEqual([moved!.from, moved!.to]);
    const [before, after] = of("service_called");
    expect(before).toMatchObject({ calls: 1, node: moved!.from, pid: started!.pid });
    expect(after).toMatchObject({ calls: 2, node: moved!.to });
    expect(after!.pid).not.toBe(before!.pid);
    const followed = of("output_followed");
    expect(followed.map(({ node, line, sequence }) => ({ node, line, sequence }))).toEqual([
      { node: moved!.from, line: "answered call 1", sequence: 2 },
      { node: moved!.to, line: "answered call 2", sequence: 4 },
    ]);
  });

  it("does with one node all that one node can do, and says what it leaves out", {
    timeout: 60_000,
  }, async () => {
    const rnp = startRnp(["up", "--nodes", "1", "--for", "1", "--json"]);
    const { status, stdout } = await rnp.ended;
    expect(status).toBe(0);
    const summary = jsonLines(stdout).at(-1) as unknown as Summary;
    expect(summary).toMatchObject({
      ok: true,
      complete: true,
      instances_moved: 0,
      left_out: ["moving the instance: there is no second node"],
    });
    expect(summary.files_read).toBe(summary.files_written);
    const { "log.entry": lines, "fs.replicate": chunks, "instance.move": moves } = summary.messages;
    expect([lines!.received > 0, chunks!.received > 0, moves!.received]).toEqual([true, true, 0]);
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
