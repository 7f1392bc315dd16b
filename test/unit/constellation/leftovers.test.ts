import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { endLeftovers, noteProcess } from "../../../runtime/constellation/leftovers.js";
import { recordingLogger, temporaryFolder } from "./support.js";

async function setup() {
  const dataDir = await temporaryFolder();
  const folder = join(dataDir, "instances", "inst-1");
  await mkdir(folder, { recursive: true });
  const child = spawn("sleep", ["30"], { detached: true, stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  return { dataDir, folder, child, ...recordingLogger() };
}

function isAlive(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

describe.runIf(process.platform === "linux")("what an agent that was killed left running", () => {
  it("is ended by the next one", async () => {
    const { dataDir, folder, child, logger, lines } = await setup();
    await noteProcess(folder, child.pid!);
    const ended = once(child, "exit");
    await endLeftovers(dataDir, logger);
    expect(await ended).toEqual([null, "SIGKILL"]);
    expect(lines).toEqual(["warn: an instance of an earlier agent still ran; it was ended"]);
    await expect(stat(join(folder, "process.json"))).rejects.toThrow("ENOENT");
  });

  it("is not mistaken for another process that has its id now", async () => {
    const { dataDir, folder, child, logger, lines } = await setup();
    await noteProcess(folder, child.pid!);
    const path = join(folder, "process.json");
    const note = JSON.parse(await readFile(path, "utf8")) as object;
    await writeFile(path, JSON.stringify({ ...note, startTime: "1" }));
    await endLeftovers(dataDir, logger);
    expect(lines).toEqual([]);
    expect(isAlive(child)).toBe(true);
  });

  it("may be nothing: no instances yet, ended ones, half a note", async () => {
    const { dataDir, folder, child, logger, lines } = await setup();
    await endLeftovers(join(dataDir, "absent"), logger);
    await noteProcess(folder, child.pid!);
    child.kill("SIGKILL");
    await once(child, "exit");
    await endLeftovers(dataDir, logger);
    await writeFile(join(folder, "process.json"), '{"pid":');
    await endLeftovers(dataDir, logger);
    expect(lines).toEqual([]);
  });
});
