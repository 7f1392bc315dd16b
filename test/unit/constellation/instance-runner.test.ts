import { readdir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  InstanceRunner,
  type InstanceRunnerOptions,
} from "../../../runtime/constellation/instance-runner.js";
import type { InstanceStopped } from "../../../runtime/index.js";
import { printed, recordingLogger, temporaryFolder, until } from "./support.js";

const SERVER = `
  import { createServer } from "node:http";
  const server = createServer((_, response) => response.end("hello"));
  server.listen(Number(process.env.PORT), "127.0.0.1", () => console.log("listening"));
`;
const DEAF = 'trap "" TERM; echo deaf; while :; do sleep 1; done';

async function setup(
  scripts: Record<string, string>,
  options: Partial<InstanceRunnerOptions> = {},
) {
  const scriptDir = await temporaryFolder();
  const dataDir = await temporaryFolder();
  for (const [name, text] of Object.entries(scripts)) await writeFile(join(scriptDir, name), text);
  const stopped: InstanceStopped[] = [];
  const { logger } = recordingLogger();
  const onStopped = (each: InstanceStopped) => void stopped.push(each);
  const runner = new InstanceRunner({ scriptDir, dataDir, onStopped, logger, ...options });
  onTestFinished(() => runner.close());
  const output = (id: string) => printed(dataDir, id);
  return { runner, stopped, output, dataDir };
}

function create(script: string, env?: Record<string, string>, instance_id = "inst-1") {
  return { instance_id, name: "test", script, ...(env === undefined ? {} : { env }) };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A process that has ended may stay as a zombie until its adopter looks. */
async function isAlive(pid: number): Promise<boolean> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "gone) Z");
  return !/\) [ZX]/.test(stat);
}

describe("an instance with a port", () => {
  it("has started when it really listens there", async () => {
    const { runner } = await setup({ "server.mjs": SERVER });
    const port = await freePort();
    const started = await runner.start(create("server.mjs", { PORT: String(port) }));
    expect(started).toMatchObject({ instance_id: "inst-1", listening_on: `127.0.0.1:${port}` });
    expect(await isAlive(started.pid)).toBe(true);
    expect(started.startup_time_ms).toBeGreaterThan(0);
    const answer = await fetch(`http://127.0.0.1:${port}/`);
    expect(await answer.text()).toBe("hello");
  });

  it("says where it listens when the system chose the port", async () => {
    const { runner } = await setup({ "server.mjs": SERVER });
    const { listening_on } = await runner.start(create("server.mjs", { PORT: "0" }));
    expect(await (await fetch(`http://${listening_on}/`)).text()).toBe("hello");
  });

  it("may listen in a process that it started itself", async () => {
    const script = `"$NODE" --input-type=module -e "$CODE" & wait`;
    const { runner } = await setup({ "wrap.sh": script });
    const port = String(await freePort());
    const env = { PORT: port, NODE: process.execPath, CODE: SERVER };
    const { listening_on } = await runner.start(create("wrap.sh", env));
    expect(listening_on).toBe(`127.0.0.1:${port}`);
  });

  it("is killed and reported when it never listens", async () => {
    const { runner, stopped } = await setup({ "deaf.sh": DEAF }, { startTimeoutMs: 100 });
    const failed = runner.start(create("deaf.sh", { PORT: String(await freePort()) }));
    await expect(failed).rejects.toMatchObject({
      code: "TIMEOUT",
      message: expect.stringContaining("within 100 ms"),
    });
    expect(runner.running()).toEqual([]);
    expect(stopped).toEqual([]);
  });

  it.runIf(process.platform === "linux")("is not fooled by a stranger on its port", async () => {
    const stranger = createServer();
    await new Promise<void>((resolve) => stranger.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void stranger.close());
    const PORT = String((stranger.address() as AddressInfo).port);
    const { runner } = await setup({ "idle.sh": "sleep 5" }, { startTimeoutMs: 150 });
    await expect(runner.start(create("idle.sh", { PORT }))).rejects.toThrow("TIMEOUT");
  });

  it("is reported with its exit code when it ends before it listens", async () => {
    const { runner, output } = await setup({ "bad.sh": "echo no luck >&2; exit 3" });
    const failed = runner.start(create("bad.sh", { PORT: "8080" }));
    await expect(failed).rejects.toThrow(/ended with exit code 3 before it listened on port 8080/);
    expect(await output("inst-1")).toBe("no luck\n");
  });
});

describe("an instance without a port", () => {
  it("has started when it still lives after a moment", async () => {
    const { runner } = await setup({ "idle.sh": "sleep 5" });
    const started = await runner.start(create("idle.sh"));
    expect(started).not.toHaveProperty("listening_on");
    expect(runner.running().map((each) => each.started)).toEqual([started]);
  });

  it("gets the environment it was given, nothing else, and a folder of its own", async () => {
    const script =
      "console.log(JSON.stringify([process.env, process.cwd()])); setInterval(() => {}, 9);";
    const { runner, output, dataDir } = await setup({ "show.js": script });
    await runner.start(create("show.js", { GREETING: "hello" }));
    await until(async () => (await output("inst-1")).length > 0);
    expect(JSON.parse(await output("inst-1"))).toEqual([
      { GREETING: "hello" },
      join(dataDir, "instances", "inst-1"),
    ]);
  });

  it("finds its runner on the agent's path, though it has no path itself", async () => {
    const script = "import os, time\nprint(sorted(os.environ), flush=True)\ntime.sleep(5)";
    const { runner, output } = await setup({ "path.py": script });
    await runner.start(create("path.py", { GREETING: "hello" }));
    await until(async () => (await output("inst-1")).includes("GREETING"));
  });

  it("does not run when the script lies outside of the folder", async () => {
    const { runner } = await setup({});
    await expect(runner.start(create("../x.sh"))).rejects.toThrow("UNAUTHORIZED");
    expect(runner.running()).toEqual([]);
  });
});

describe("the end of an instance", () => {
  it.each([
    ["exit 0", "exited", 0],
    ["exit 7", "failed", 7],
    ["kill -KILL $$", "killed", 137],
    ["kill -ABRT $$", "killed", 134],
  ])("by %j is %s with %d", async (ending, reason, exit_code) => {
    const { runner, stopped } = await setup({ "end.sh": `sleep 0.1; ${ending}` }, { settleMs: 5 });
    await runner.start(create("end.sh"));
    await until(() => stopped.length > 0);
    expect(stopped).toEqual([
      { instance_id: "inst-1", exit_code, reason, runtime_seconds: expect.any(Number) },
    ]);
    expect(stopped[0]!.runtime_seconds).toBeGreaterThanOrEqual(0.1);
    expect(runner.running()).toEqual([]);
  });

  it("as asked is terminated, with the exit code that it chose", async () => {
    const polite = 'trap "exit 0" TERM; echo ready; while :; do sleep 0.01; done';
    const { runner, stopped, output } = await setup({ "polite.sh": polite });
    await runner.start(create("polite.sh"));
    await until(async () => (await output("inst-1")) === "ready\n");
    await runner.stop("inst-1");
    expect(stopped).toMatchObject([{ exit_code: 0, reason: "terminated" }]);
  });

  it("by the signal itself is terminated with 143", async () => {
    const { runner, stopped } = await setup({ "idle.sh": "sleep 5" });
    await runner.start(create("idle.sh"));
    await runner.stop("inst-1");
    expect(stopped).toMatchObject([{ exit_code: 143, reason: "terminated" }]);
  });

  it("is forced on one that does not listen to SIGTERM", async () => {
    const { runner, stopped, output } = await setup({ "deaf.sh": DEAF }, { stopGraceMs: 50 });
    const { pid } = await runner.start(create("deaf.sh"));
    await until(async () => (await output("inst-1")) === "deaf\n");
    await runner.stop("inst-1");
    expect(stopped).toMatchObject([{ exit_code: 137, reason: "killed" }]);
    expect(await isAlive(pid)).toBe(false);
  });

  it("takes along what the instance has started", async () => {
    const { runner, output } = await setup({ "parent.sh": "sleep 30 & echo $!; wait" });
    await runner.start(create("parent.sh"));
    await until(async () => /^\d+\n/.test(await output("inst-1")));
    const child = Number(await output("inst-1"));
    expect(await isAlive(child)).toBe(true);
    await runner.stop("inst-1");
    await until(async () => !(await isAlive(child)));
  });

  it("comes for all of them when the runner closes, also for one that is just starting", async () => {
    const { runner, stopped } = await setup({ "idle.sh": "sleep 30" }, { settleMs: 5000 });
    const starting = runner.start(create("idle.sh"));
    await runner.close();
    await expect(starting).rejects.toThrow("CANCELLED");
    expect(stopped).toEqual([]);
    await expect(runner.start(create("idle.sh"))).rejects.toThrow("UNAVAILABLE");
  });

  it("comes when the agent's process exits without closing anything", async () => {
    const before = process.listeners("exit");
    const added = () => process.listeners("exit").filter((each) => !before.includes(each));
    const { runner, stopped } = await setup({ "idle.sh": "sleep 30" });
    await runner.start(create("idle.sh"));
    for (const onExit of added()) onExit(0);
    await until(() => stopped.length > 0);
    expect(stopped).toMatchObject([{ reason: "killed" }]);
    expect(added()).toEqual([]);
  });

  it("leaves only so many folders behind", async () => {
    const options = { settleMs: 1, endedFolderCountMax: 2 };
    const { runner, dataDir } = await setup({ "idle.sh": "sleep 5" }, options);
    const folders = () => readdir(join(dataDir, "instances"));
    for (const id of ["a", "b", "c", "d"]) {
      await runner.start(create("idle.sh", {}, id));
      await runner.stop(id);
    }
    await runner.start(create("idle.sh", {}, "e"));
    await until(async () => (await folders()).length === 3);
    expect(await folders()).toContain("e");
  });
});

describe("a repeated instance.create", () => {
  it("gets the same answer and starts nothing", async () => {
    const { runner } = await setup({ "idle.sh": "sleep 5" });
    const [first, second] = await Promise.all([
      runner.start(create("idle.sh")),
      runner.start(create("idle.sh")),
    ]);
    expect(second).toEqual(first);
    expect(await runner.start(create("idle.sh"))).toEqual(first);
    expect(runner.running()).toHaveLength(1);
  });

  it("is a conflict when it asks for something else under the same id", async () => {
    const { runner } = await setup({ "idle.sh": "sleep 5" });
    await runner.start(create("idle.sh"));
    const other = runner.start(create("idle.sh", { A: "1" }));
    await expect(other).rejects.toMatchObject({ code: "ALREADY_EXISTS" });
    expect(runner.running()).toHaveLength(1);
  });

  it("may try again what failed", async () => {
    const { runner } = await setup({});
    await expect(runner.start(create("late.sh"))).rejects.toThrow("NOT_FOUND");
    await expect(runner.start(create("late.sh"))).rejects.toThrow("NOT_FOUND");
  });
});

describe("the runner", () => {
  it("gives a start up when its caller does", async () => {
    const { runner } = await setup({ "idle.sh": "sleep 30" }, { settleMs: 10_000 });
    const caller = new AbortController();
    const starting = runner.start(create("idle.sh"), caller.signal);
    caller.abort();
    await expect(starting).rejects.toThrow("CANCELLED");
    expect(runner.running()).toEqual([]);
  });

  it("runs only so many instances", async () => {
    const { runner } = await setup({ "idle.sh": "sleep 5" }, { instanceCountMax: 1 });
    await runner.start(create("idle.sh"));
    await expect(runner.start(create("idle.sh", {}, "inst-2"))).rejects.toMatchObject({
      code: "QUOTA_EXCEEDED",
      details: { quota: "instances", limit: 1, used: 1 },
    });
  });
});
